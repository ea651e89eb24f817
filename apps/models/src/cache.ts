import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { Configuration } from "./configuration.ts";
import { createRemovals, type Removals } from "./domain/cache/removals.ts";
import { createResponseCache, type ResponseCache } from "./domain/cache/response-cache.ts";
import {
  createSharedAnswers,
  type SharedAnswers,
  type SharedState,
  sharedState,
} from "./domain/cache/shared-answers.ts";

/** Milliseconds between looks at whether the second level works. */
const WATCH_EVERY = 1_000;

/** Both levels of the cache. */
export interface OpenCache {
  readonly cache: ResponseCache;
  readonly removals: Removals;
  /** The second level, where there is one. */
  readonly shared: SharedAnswers | undefined;
  /** A sentence for what does not work. */
  degraded(): readonly string[];
  close(): Promise<void>;
}

/** Builds the cache; undefined where none is wanted. Does not wait for the second level, nor need it. */
export async function openCache(
  { cacheBytes, sharedCache }: Configuration,
  log: FastifyBaseLogger,
): Promise<OpenCache | undefined> {
  if (cacheBytes === 0) return undefined;
  const removals = createRemovals();
  const shared = sharedCache && (await openShared(sharedCache, removals));
  const cache = createResponseCache({ maxBytes: cacheBytes, shared, sha256, pause: () => setImmediate() });
  const watch = shared && watchState(shared, log);
  return {
    cache,
    removals,
    shared,
    degraded() {
      if (!shared) return [];
      const statistics = shared.statistics();
      const state = sharedState(statistics);
      if (state === "up") return [];
      return [`shared cache: ${SENTENCES[state]}${statistics.trouble === undefined ? "" : ` (${statistics.trouble})`}`];
    },
    async close() {
      clearInterval(watch);
      await shared?.close();
    },
  };
}

const SENTENCES: Readonly<Record<Exclude<SharedState, "up">, string>> = {
  "not-written": "it takes no new answers; those that it has are given",
  down: "it cannot be reached in time; answers are computed",
};

async function openShared(
  { url, prefix, ttlMs, waitMs, aboveMs }: NonNullable<Configuration["sharedCache"]>,
  removals: Removals,
): Promise<SharedAnswers> {
  // Loaded only when it is configured, so that a platform without it starts at once.
  const { openRedisStore } = await import("./adapters/redis/redis-store.ts");
  return createSharedAnswers({
    store: openRedisStore({ url, prefix }),
    removals,
    prefix,
    ttlMs,
    waitMs,
    aboveMs,
    sha256,
    now: Date.now,
    later(ms, action) {
      // Not at once when the time is up: what has come in while this process was busy is read first.
      const timer = setTimeout(() => void setImmediate().then(action), ms);
      return () => clearTimeout(timer);
    },
  });
}

/** Says once when the second level stops working, and once when it works again. */
function watchState(shared: SharedAnswers, log: FastifyBaseLogger): NodeJS.Timeout {
  let last: SharedState = "up";
  return setInterval(() => {
    void shared.probe();
    const statistics = shared.statistics();
    const state = sharedState(statistics);
    if (state === last) return;
    last = state;
    if (state === "up") log.info("the shared cache works again");
    else log.warn({ state, reason: statistics.trouble }, `the shared cache does not work: ${SENTENCES[state]}`);
  }, WATCH_EVERY).unref();
}

function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
