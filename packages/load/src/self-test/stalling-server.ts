import { type AddressInfo, createServer } from "node:net";
import { parentPort } from "node:worker_threads";

/**
 * A server for the self-test, in a thread of its own: it answers at once, and when it is told to, its whole thread
 * stands still for a while, as a process does that collects garbage or waits for a disk.
 */

const port = parentPort;
if (port === null) throw new Error("this file runs as a worker only");

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}';

const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  // The generator sends one request at a time on a connection, and each arrives whole.
  socket.on("data", () => socket.write(ANSWER));
});
server.listen(0, "127.0.0.1", () => port.postMessage((server.address() as AddressInfo).port));

port.on("message", (stallMs: number) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
});
