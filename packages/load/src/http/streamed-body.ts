import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { MusterError } from "@muster/kernel";

/** Parts of a body as they come: anything that can be read with `for await`, a `ReadableStream` among it. */
export type BodyChunks = AsyncIterable<Uint8Array | string>;

/** How a streamed body is announced. */
export interface StreamedBodyOptions {
  /** Bytes in all. Without it the body goes out in chunks, as HTTP calls it. */
  readonly length?: number;
  /** Media type; `application/octet-stream` unless given. */
  readonly type?: string;
}

/** A body that is read while it is sent, made by {@link streamed} or {@link fileBody}. */
export class StreamedBody {
  readonly length: number | undefined;
  readonly type: string;
  /** Whether it can be sent a second time, after a redirect. */
  readonly repeatable: boolean;

  readonly #open: () => BodyChunks;
  #opened = false;

  constructor(open: () => BodyChunks, repeatable: boolean, { length, type }: StreamedBodyOptions) {
    this.#open = open;
    this.repeatable = repeatable;
    this.length = length;
    this.type = type ?? "application/octet-stream";
  }

  /**
   * Begins to read it.
   * @throws {MusterError} `invalid-request` when it can be read only once, and was.
   */
  open(): BodyChunks {
    if (this.#opened && !this.repeatable) {
      throw new MusterError("invalid-request", "this body was read before: give a function that begins again");
    }
    this.#opened = true;
    return this.#open();
  }
}

/**
 * A body that is read while it is sent, no faster than the server takes it.
 * @param source what is read; a function is called for each time that the body is sent, anything else can be sent once.
 * @throws {MusterError} `invalid-request` for a length that is none.
 */
export function streamed(source: BodyChunks | (() => BodyChunks), options: StreamedBodyOptions = {}): StreamedBody {
  const { length } = options;
  if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0)) {
    throw new MusterError("invalid-request", `a body cannot be ${length} bytes long`);
  }
  return typeof source === "function"
    ? new StreamedBody(source, true, options)
    : new StreamedBody(() => source, false, options);
}

/**
 * The content of a file, read while it is sent; its length is announced.
 * @throws {MusterError} `invalid-request` when there is no such file.
 */
export async function fileBody(path: string | URL, type?: string): Promise<StreamedBody> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  );
  if (size === undefined) throw new MusterError("invalid-request", `there is no file to send at ${String(path)}`);
  return streamed(() => createReadStream(path), { length: size, ...(type === undefined ? {} : { type }) });
}
