import { MusterError } from "@muster/kernel";
import type { FastifyRequest } from "fastify";

/**
 * The revision that the caller has read, from If-Match; 0 from If-None-Match: *, to create.
 * @throws {MusterError} `precondition-missing` for neither.
 */
export function expectedRevision({ headers }: FastifyRequest): number {
  const tag = /^"(\d{1,9})"$/.exec(headers["if-match"] ?? "")?.[1];
  if (tag !== undefined) return Number(tag);
  if (headers["if-none-match"] === "*") return 0;
  throw new MusterError("precondition-missing", 'send If-Match: "<revision>", or If-None-Match: * to create');
}
