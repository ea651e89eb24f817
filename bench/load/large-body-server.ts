/** A server, in a thread of its own, whose every answer is as many bytes as it was started with. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const length = workerData as number;
const chunk = Buffer.alloc(1024 * 1024, "x");

const server = createServer((_request, response) => {
  response.writeHead(200, { "content-length": length });
  let left = length;
  const pour = (): void => {
    while (left > 0) {
      const part = left < chunk.length ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      if (!response.write(part)) {
        response.once("drain", pour);
        return;
      }
    }
    response.end();
  };
  pour();
});
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
