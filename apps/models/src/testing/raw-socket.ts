import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** A WebSocket frame as it is put on the wire (RFC 6455, section 5.2), whether that is allowed or not. */
export interface Frame {
  /** 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong; others are reserved. */
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** False for all but the last frame of a message. */
  readonly fin?: boolean;
  /** Clients have to. */
  readonly masked?: boolean;
  /** The three reserved bits. */
  readonly reserved?: number;
  /** What the header says, where it lies. */
  readonly length?: number;
}

const EXTENDED_16 = 126;
const EXTENDED_64 = 127;

export function encodeFrame({ opcode, payload, fin = true, masked = true, reserved = 0, length }: Frame): Buffer {
  const size = length ?? payload.length;
  const short = size < EXTENDED_16 ? size : size <= 0xffff ? EXTENDED_16 : EXTENDED_64;
  const head = Buffer.from([(fin ? 0x80 : 0) | ((reserved & 7) << 4) | (opcode & 15), (masked ? 0x80 : 0) | short]);
  const extended = Buffer.alloc(short === EXTENDED_16 ? 2 : short === EXTENDED_64 ? 8 : 0);
  if (short === EXTENDED_16) extended.writeUInt16BE(size);
  if (short === EXTENDED_64) extended.writeBigUInt64BE(BigInt(size));
  if (!masked) return Buffer.concat([head, extended, payload]);
  const mask = randomBytes(4);
  const scrambled = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([head, extended, mask, scrambled]);
}

/** A WebSocket without a library in between, so that wrong frames can be sent. */
export interface RawSocket {
  send(...frames: readonly Frame[]): void;
  /** The next text message, or undefined once the connection has been closed. */
  receive(): Promise<string | undefined>;
  /** Whether the other side has closed it. */
  closed(): boolean;
  end(): void;
}

/**
 * Opens a WebSocket and waits for the answer to the upgrade.
 * @throws {Error} with the status when there is no connection.
 */
export async function openRawSocket(url: string, headers: Readonly<Record<string, string>> = {}): Promise<RawSocket> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = {
    host,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    "sec-websocket-version": "13",
    ...headers,
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n`);
  const rest = await readHead(socket);
  return speak(socket, rest);
}

function readHead(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      read = Buffer.concat([read, chunk]);
      const end = read.indexOf("\r\n\r\n");
      if (end === -1) return;
      socket.off("data", onData);
      const status = Number(read.toString("latin1", 9, 12));
      if (status === 101) return resolve(read.subarray(end + 4));
      socket.destroy();
      reject(new Error(`the upgrade was answered with ${status}`));
    };
    socket.on("data", onData);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed")));
  });
}

function speak(socket: Socket, rest: Buffer): RawSocket {
  let unread = rest;
  let isClosed = false;
  const messages: string[] = [];
  const waiting: ((message: string | undefined) => void)[] = [];

  function deliver(message: string): void {
    const next = waiting.shift();
    if (next) next(message);
    else messages.push(message);
  }

  function close(): void {
    isClosed = true;
    for (const next of waiting.splice(0)) next(undefined);
  }

  /** Takes whole frames from the front; a server's are never masked, and ours to read are never cut up. */
  function take(): void {
    while (unread.length >= 2) {
      const short = (unread[1] ?? 0) & 0x7f;
      const head = short === EXTENDED_16 ? 4 : short === EXTENDED_64 ? 10 : 2;
      if (unread.length < head) return;
      const size =
        short === EXTENDED_16
          ? unread.readUInt16BE(2)
          : short === EXTENDED_64
            ? Number(unread.readBigUInt64BE(2))
            : short;
      if (unread.length < head + size) return;
      const opcode = (unread[0] ?? 0) & 15;
      if (opcode === 1) deliver(unread.toString("utf8", head, head + size));
      if (opcode === 8) close();
      unread = unread.subarray(head + size);
    }
  }

  socket.on("data", (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    take();
  });
  socket.on("error", close);
  socket.on("close", close);
  take();

  return {
    send: (...frames) => void socket.write(Buffer.concat(frames.map(encodeFrame))),
    receive() {
      const [message] = messages.splice(0, 1);
      if (message !== undefined || isClosed) return Promise.resolve(message);
      return new Promise((resolve) => waiting.push(resolve));
    },
    closed: () => isClosed,
    end: () => socket.destroy(),
  };
}
