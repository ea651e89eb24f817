import type { Socket } from "node:net";
import { serveSockets, type SocketServer } from "./socket-server.ts";

/** Milliseconds between two drops of a server that drips. */
const DRIP_MS = 10;
const PLAIN = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

/** Calls until the socket is closed. */
function drip(socket: Socket, drop: () => void): void {
  const timer = setInterval(drop, DRIP_MS);
  socket.once("close", () => clearInterval(timer));
}

/** Writes as fast as the other side reads, until the socket is closed. */
function flood(socket: Socket, chunk: Buffer): void {
  const pour = (): void => {
    while (socket.writable && socket.write(chunk));
  };
  socket.on("drain", pour);
  pour();
}

/**
 * What servers of the wild, and of attackers, do to a client that only wanted an answer. Each is
 * called when a request has come.
 */
export const HOSTILE_BEHAVIOURS = {
  silence: () => undefined,
  "close at once": (socket) => socket.end(),
  "reset at once": (socket) => socket.resetAndDestroy(),
  "garbage instead of HTTP": (socket) => socket.end(Buffer.from([0, 255, 1, 254, 13, 10, 13, 10])),
  "another protocol": (socket) => socket.end("220 mail.example ESMTP ready\r\n"),
  "slow loris in the headers": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    drip(socket, () => socket.write("X: 1\r\n"));
  },
  "slow loris in the body": (socket) => {
    socket.write(`${PLAIN}Content-Length: 1000000\r\n\r\n`);
    drip(socket, () => socket.write("."));
  },
  "endless headers": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    flood(socket, Buffer.from(`X-Header: ${"x".repeat(1_000)}\r\n`));
  },
  "endless body": (socket) => {
    socket.write(`${PLAIN}\r\n`);
    flood(socket, Buffer.alloc(64 * 1024, "x"));
  },
  "endless chunks": (socket) => {
    socket.write(`${PLAIN}Transfer-Encoding: chunked\r\n\r\n`);
    flood(socket, Buffer.from(`10000\r\n${"x".repeat(0x10000)}\r\n`));
  },
  "huge body": (socket) => {
    socket.write(`${PLAIN}Content-Length: 8388608\r\n\r\n`);
    socket.end(Buffer.alloc(8 * 1024 * 1024, "x"));
  },
  "a bomb that unpacks to more": (socket) =>
    socket.end(`${PLAIN}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001f\u008b\b\0`, "latin1"),
  "binary body": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 256\r\n\r\n");
    socket.end(Buffer.from(Array.from({ length: 256 }, (_each, index) => index)));
  },
  "binary body called text": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n");
    socket.end(Buffer.from([0xff, 0xfe, 0x00, 0xd8]));
  },
  "reset in the middle": (socket) => {
    socket.write(`${PLAIN}Content-Length: 1000\r\n\r\nhalf`, () => setImmediate(() => socket.resetAndDestroy()));
  },
  "less than Content-Length": (socket) => socket.end(`${PLAIN}Content-Length: 1000\r\n\r\nhalf`),
  "more than Content-Length": (socket) =>
    socket.end(`${PLAIN}Content-Length: 2\r\n\r\nokHTTP/1.1 500 Surprise\r\n\r\n`),
  "two lengths": (socket) => socket.end(`${PLAIN}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok.`),
  "chunks that lie": (socket) => socket.end(`${PLAIN}Transfer-Encoding: chunked\r\n\r\nZZ\r\nok\r\n0\r\n\r\n`),
  "only 1xx, for ever": (socket) => drip(socket, () => socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
  "a flood of 1xx": (socket) => flood(socket, Buffer.from("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(500))),
  "1xx and then an answer": (socket) =>
    socket.end(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${PLAIN}Content-Length: 2\r\n\r\nok`),
  "an upgrade that nobody asked for": (socket) =>
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
  "redirect to itself": (socket) => socket.end("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
  "redirect to nonsense": (socket) =>
    socket.end("HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n"),
  "redirect to a file": (socket) =>
    socket.end("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"),
  "status that does not exist": (socket) => socket.end("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"),
} as const satisfies Readonly<Record<string, (socket: Socket) => unknown>>;

export type HostileBehaviour = keyof typeof HOSTILE_BEHAVIOURS;

/** Starts a server that answers every request in one hostile way. */
export function serveHostile(behaviour: HostileBehaviour): Promise<SocketServer> {
  return serveSockets((socket) => {
    let asked = false;
    // Reading on keeps the client's end of the connection from looking closed.
    socket.on("data", () => {
      if (asked) return;
      asked = true;
      HOSTILE_BEHAVIOURS[behaviour](socket);
    });
  });
}
