import { statfs } from "node:fs/promises";
import { type Clock, toInstant } from "@muster/kernel";
import { defineCollector, Unavailable } from "@muster/contract";
import { type DiskUsage, diskUsageFacts } from "./facts.ts";

/** Milliseconds; a network file system whose server is gone may never answer. */
const TIMEOUT_MS = 5_000;

/** Asks the file system of the configured folder for its size and what is left. */
export function createDiskUsage(clock: Clock) {
  return defineCollector({
    facts: diskUsageFacts,
    title: "Disk space and inodes",
    timeoutMs: TIMEOUT_MS,
    async collect(target, { signal }): Promise<DiskUsage> {
      const path = target.storage;
      if (path === undefined) throw new Unavailable("no storage folder is configured for this environment");
      signal.throwIfAborted();
      const observedAt = toInstant(clock.now());
      try {
        const { bsize, blocks, bavail, files, ffree } = await statfs(path);
        return {
          path,
          observedAt,
          disk: {
            totalBytes: blocks * bsize,
            availableBytes: bavail * bsize,
            totalInodes: files,
            freeInodes: ffree,
          },
        };
      } catch (error) {
        return { path, observedAt, failure: failureOf(error) };
      }
    },
  });
}

function failureOf(error: unknown): NonNullable<DiskUsage["failure"]> {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
  const message =
    code === "ENOENT" ? "the folder is not there" : error instanceof Error ? error.message : String(error);
  return { code, message };
}
