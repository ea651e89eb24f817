/**
 * A service with a known limit, in a thread of its own: `PER_SECOND` answers a second and 429 for whatever is above,
 * and at /slow answers that take a tenth longer than those at /fast.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/** What the thread is started with. */
export interface ServerOrder {
  readonly perSecond: number;
}

const FAST_MS = 20;
const SLOW_MS = 22;

const { perSecond } = workerData as ServerOrder;
// Enough that a server that is held up for 20 ms by the machine can still keep its promise.
const burst = perSecond / 50;
let tokens = burst;
let filledAt = performance.now();

const server = createServer((request, response) => {
  if (request.url === "/fast" || request.url === "/slow") {
    setTimeout(() => response.end(), request.url === "/fast" ? FAST_MS : SLOW_MS);
    return;
  }
  const now = performance.now();
  tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1_000);
  filledAt = now;
  const served = tokens >= 1;
  if (served) tokens -= 1;
  response.writeHead(served ? 200 : 429).end();
});
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
