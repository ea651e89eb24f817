import { httpServer, type TestServer } from "./servers.ts";

/** A service with a known limit: so many answers a second, and 429 for whatever is above, but for a small burst. */
export function tokenBucketServer(perSecond: number, burst = perSecond / 100): Promise<TestServer> {
  let tokens = burst;
  let filledAt = performance.now();
  return httpServer((_request, response) => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1_000);
    filledAt = now;
    const served = tokens >= 1;
    if (served) tokens -= 1;
    response.writeHead(served ? 200 : 429).end();
  });
}
