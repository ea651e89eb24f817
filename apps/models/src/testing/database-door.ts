import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Secret } from "@muster/kernel";

/** A way to a database that can be cut off while both ends live. */
export interface DatabaseDoor {
  /** Address of the database through the door. */
  readonly url: Secret;
  /** Ends every connection and refuses new ones, as a server that has gone does. */
  shut(): Promise<void>;
  /** Takes connections but carries nothing, as a server that hangs does. */
  freeze(): void;
  /** Lets everything through again, to another database from now on if one is given. */
  open(to?: Secret): Promise<void>;
  close(): Promise<void>;
}

export async function openDatabaseDoor(to: Secret): Promise<DatabaseDoor> {
  let target = new URL(to.reveal());
  let isFrozen = false;
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname);
    for (const [from, into] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk: Buffer) => void into.write(chunk));
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        into.destroy();
      });
      if (isFrozen) from.pause();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = new URL(to.reveal());
  url.host = `127.0.0.1:${port}`;

  async function shut(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  return {
    url: new Secret(url.href),
    shut,
    freeze() {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    async open(other) {
      if (other) target = new URL(other.reveal());
      isFrozen = false;
      for (const socket of sockets) socket.resume();
      if (server.listening) return;
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    close: shut,
  };
}
