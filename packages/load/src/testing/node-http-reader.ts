import { request } from "node:http";
import { Duplex } from "node:stream";

/** How a reader understood the bytes of one response. */
export type Reading =
  | { readonly outcome: "read"; readonly status: number; readonly headers: readonly string[]; readonly body: string }
  /** It refused what it saw, or the bytes ended too early. */
  | { readonly outcome: "refused"; readonly reason: string }
  | { readonly outcome: "upgraded" };

/**
 * Reads a response with Node's own HTTP client, whose parser is llhttp, from memory. The bytes come in the parts
 * given; the connection ends after them.
 */
export async function readWithNode(method: string, parts: readonly Buffer[]): Promise<Reading> {
  const connection = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done();
    },
  });
  const { promise, resolve } = Promise.withResolvers<Reading>();
  const outgoing = request({ method, createConnection: () => connection, host: "127.0.0.1" });
  outgoing.on("error", (error) => resolve({ outcome: "refused", reason: error.message }));
  outgoing.on("upgrade", (_response, socket) => {
    resolve({ outcome: "upgraded" });
    socket.destroy();
  });
  outgoing.on("response", (response) => {
    const body: Buffer[] = [];
    response.on("data", (part: Buffer) => body.push(part));
    response.on("error", (error) => resolve({ outcome: "refused", reason: error.message }));
    response.on("end", () => {
      resolve({
        outcome: "read",
        status: response.statusCode ?? 0,
        headers: response.rawHeaders,
        body: Buffer.concat(body).toString("latin1"),
      });
    });
  });
  outgoing.end();
  for (const part of parts) connection.push(part);
  connection.push(null);
  const reading = await promise;
  outgoing.destroy();
  return reading;
}
