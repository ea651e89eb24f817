import { MusterError } from "@muster/kernel";
import type { FastifyRequest } from "fastify";

/**
 * The revision that the caller has read, from If-Match; 0 from If-None-Match: *, to create.
 * @throws {MusterError} `precondition-missing` for neither, and for a star, which would match anything;
 *   `changed-meanwhile` for a tag that no revision has.
 */
export function expectedRevision({ headers }: Pick<FastifyRequest, "headers">): number {
  const wanted = headers["if-match"]?.trim();
  if (wanted !== undefined && wanted !== "*") {
    const tag = /^"(\d{1,9})"$/.exec(wanted)?.[1];
    if (tag !== undefined) return Number(tag);
    throw new MusterError("changed-meanwhile", 'If-Match must be the one ETag that was read last, such as "3"');
  }
  if (wanted === undefined && headers["if-none-match"]?.trim() === "*") return 0;
  throw new MusterError("precondition-missing", 'send If-Match: "<revision>", or If-None-Match: * to create');
}
