import type { FastifyRequest } from "fastify";
import type { CacheLevel } from "../../domain/cache/response-cache.ts";

/** Whether a caller wants an answer that is computed now (RFC 9111 §5.2.1.4). */
export function wantsFresh({ headers }: FastifyRequest): boolean {
  const control = headers["cache-control"];
  return control !== undefined && /\bno-(cache|store)\b/.test(control);
}

const STATUS = { memory: "muster; hit", shared: "muster; hit; detail=shared", none: "muster; fwd=miss" } as const;

/** Whether the cache had the answer, as RFC 9211 writes it. */
export function cacheStatus(level: CacheLevel): string {
  return STATUS[level];
}
