import type { Secret } from "@muster/kernel";
import { Redis } from "ioredis";
import type { SharedStore } from "../../domain/cache/shared-store.ts";

/** Milliseconds. A connection that brings nothing for so long while something was asked is given up. */
const CONNECT_WITHIN = 2_000;
const DEAD_AFTER = 2_000;
const RETRY_AFTER = 100;
const RETRY_AFTER_AT_MOST = 2_000;
/** How often a server that takes no values is left to see whether there is another by its name. It can still be read. */
const LOOK_AGAIN_AFTER = 30_000;
/** Keys that the server looks at in one step of a sweep. */
const SWEEP_STEP = 500;
/** Milliseconds of a sweep at most; what it leaves behind expires by itself. */
const SWEEP_WITHIN = 60_000;

export interface RedisStoreOptions {
  /** `redis://` or `rediss://`, with user and password if need be. */
  readonly url: Secret;
  /** What the keys of this store begin with. */
  readonly prefix: string;
}

/**
 * Redis or Valkey as the store of shared answers. It connects in the background and as often as need be. While it is
 * not connected everything fails at once, and nothing is put off: an answer that could not be written is computed again.
 */
export function openRedisStore({ url, prefix }: RedisStoreOptions): SharedStore {
  let reconnectNext = 0;
  /** After a failover the old primary takes no values any more, and its name may lead to the new one. */
  function reconnectOnError({ message }: Error): boolean {
    if (!message.startsWith("READONLY") || Date.now() < reconnectNext) return false;
    reconnectNext = Date.now() + LOOK_AGAIN_AFTER;
    return true;
  }
  const redis = new Redis(url.reveal(), {
    connectionName: "muster-models",
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_WITHIN,
    socketTimeout: DEAD_AFTER,
    retryStrategy: (times) => Math.min(RETRY_AFTER * times, RETRY_AFTER_AT_MOST),
    reconnectOnError,
  });
  let trouble: string | undefined;
  const remember = (error: unknown): void => void (trouble = wordOf(error) ?? trouble);
  // Without a listener an error would end the process.
  redis.on("error", remember);
  redis.on("ready", () => (trouble = undefined));

  async function sweep(fits: (key: string) => boolean): Promise<void> {
    const end = Date.now() + SWEEP_WITHIN;
    let cursor = "0";
    do {
      const [next, keys] = await redis.scan(cursor, "MATCH", `${escapeGlob(prefix)}*`, "COUNT", SWEEP_STEP);
      cursor = next;
      const selected = keys.filter(fits);
      if (selected.length > 0) await redis.unlink(...selected);
    } while (cursor !== "0" && Date.now() < end);
  }

  return {
    async read(key, maxBytes) {
      try {
        const value = await redis.getrangeBuffer(key, 0, maxBytes);
        return value.length === 0 ? undefined : value;
      } catch (error) {
        // Somebody keeps something else under this key. The server is well.
        if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return Buffer.from("WRONGTYPE");
        remember(error);
        throw error;
      }
    },
    async write(key, value, ttlMs) {
      try {
        await redis.set(key, Buffer.from(value.buffer, value.byteOffset, value.byteLength), "PX", ttlMs);
      } catch (error) {
        remember(error);
        throw error;
      }
    },
    sweep,
    trouble: () => trouble,
    close() {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

/** The code of a system's error, or the word with which Redis begins its own; nothing that may tell a secret. */
function wordOf(error: unknown): string | undefined {
  const { code, message = "" } = error as { code?: unknown; message?: string };
  return typeof code === "string" ? code : /^[A-Z]{2,20}(?= )/.exec(message)?.[0];
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, String.raw`\$&`);
}
