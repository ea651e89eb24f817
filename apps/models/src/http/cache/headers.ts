import type { FastifyRequest } from "fastify";

/** Whether a caller wants an answer that is computed now (RFC 9111 §5.2.1.4). */
export function wantsFresh({ headers }: FastifyRequest): boolean {
  const control = headers["cache-control"];
  return control !== undefined && /\bno-(cache|store)\b/.test(control);
}

/** Whether the cache had the answer, as RFC 9211 writes it. */
export function cacheStatus(hit: boolean): string {
  return hit ? "muster; hit" : "muster; fwd=miss";
}
