import { Readable } from "node:stream";
import { MusterError } from "@muster/kernel";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type ByteRange, readRange } from "./byte-range.ts";
import { namesTag } from "./entity-tag.ts";

/** How long a file may be kept: for good by the caller, because its bytes never change, or asking each time. */
type Keeping = "immutable" | "revalidated";

const CACHE_CONTROL: Readonly<Record<Keeping, string>> = {
  immutable: "private, max-age=31536000, immutable",
  revalidated: "private, no-cache",
};

/** A file on its way out. */
export interface OutgoingFile {
  readonly bytes: number;
  readonly type: string;
  /** What it is called where it is saved. */
  readonly name: string;
  /** Reads it or a part of it; not called where nothing is to be sent. */
  readonly read: (range: ByteRange | undefined) => AsyncIterable<Uint8Array>;
}

/** Whether the caller has a file with this strong tag already; the answer is then 304 and has been sent. */
export function sentUnchanged(request: FastifyRequest, reply: FastifyReply, tag: string, keeping: Keeping): boolean {
  void reply.headers({ etag: tag, "cache-control": CACHE_CONTROL[keeping], "accept-ranges": "bytes" });
  if (!namesTag(request.headers["if-none-match"], tag)) return false;
  void reply.code(304).send(Readable.from([]));
  return true;
}

/**
 * Sends a file whose tag {@link sentUnchanged} has announced, or the part of it that the caller asks for, so that a
 * download that broke off goes on where it was.
 * @throws {MusterError} `range-invalid` for a part that is not in it.
 */
export function sendFile(request: FastifyRequest, reply: FastifyReply, file: OutgoingFile): FastifyReply {
  const part = partOf(request, reply, file.bytes);
  if (part === "none") {
    void reply.header("content-range", `bytes */${file.bytes}`);
    throw new MusterError("range-invalid", `the file has ${file.bytes} bytes`);
  }
  const length = part === "all" ? file.bytes : part.end - part.start + 1;
  void reply.headers({
    "content-type": file.type,
    "content-length": length,
    "content-disposition": `attachment; filename="${file.name}"`,
  });
  if (part !== "all") void reply.code(206).header("content-range", `bytes ${part.start}-${part.end}/${file.bytes}`);
  if (request.method === "HEAD") return reply.send(Readable.from([]));
  return reply.send(Readable.from(file.read(part === "all" ? undefined : part), { objectMode: false }));
}

function partOf(request: FastifyRequest, reply: FastifyReply, bytes: number): ByteRange | "all" | "none" {
  const { range, "if-range": condition } = request.headers;
  if (range === undefined || request.method !== "GET") return "all";
  // A part of another file would not fit what the caller has.
  if (condition !== undefined && condition !== reply.getHeader("etag")) return "all";
  return readRange(range, bytes);
}
