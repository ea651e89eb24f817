import type { Readable, Writable } from "node:stream";
import type { Failure } from "./failure.ts";
import type { StreamedBody } from "./streamed-body.ts";

/** What was read of an answer, whatever it came over. */
export interface Answer {
  readonly status: number;
  /** Status line and fields, lines ending in CR LF. */
  readonly head: string;
  readonly setsCookie: boolean;
  /** One character per byte; empty when it was not kept. */
  readonly body: string;
  /** Bytes of the body, kept or not. */
  readonly bodyBytes: number;
}

/** Reads a body as it comes. The server is held up while it does not ask for more. */
export type BodyReader = (chunks: AsyncIterable<Uint8Array>) => Promise<void>;

/** A request as its parts, for transports that do not take it as one text. */
export interface StreamRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case; without `host` and without those that say how long the content is. */
  readonly fields: Readonly<Record<string, string>>;
  readonly content: Uint8Array | StreamedBody | undefined;
  /** Bytes that went out so far. Set by the transport. */
  bytesOut: number;
}

/** One request with its answer, as a transport sees it that streams both. */
export interface StreamExchange {
  readonly stream: StreamRequest | undefined;
  readonly headRequest: boolean;
  /** Whether sending it twice does no harm (RFC 9110 §9.2.2). */
  readonly idempotent: boolean;
  readonly maxBodyBytes: number;
  readonly timeoutMs: number;
  /** Who reads the body of an answer with this status, if it is not to be kept. */
  reader(status: number): BodyReader | undefined;
  sentAt: number;
  firstByteAt: number;
  retried: boolean;
  answered(answer: Answer, at: number): void;
  failed(failure: Failure, at: number): void;
  /** Called instead of the two when code of the scenario's own threw: what gives a body, or what reads one. */
  broke(error: Error): void;
}

/** Connections to one origin that take {@link StreamExchange}s. */
export interface StreamOrigin {
  submit(exchange: StreamExchange): void;
  counts(): { opened: number; failed: number; retries: number; open: number };
  /** Ends every connection; what is under way or waits fails with the reason given. */
  close(failure: Failure): void;
}

/** The body of an answer, kept up to a limit. */
export interface BodyRead {
  readonly body: string;
  readonly bodyBytes: number;
}

/** An error of a scenario's own code, told apart from those of the connection. */
export class BrokenByScenario extends Error {
  override readonly name = "BrokenByScenario";
  override readonly cause: Error;

  constructor(cause: unknown) {
    super("a scenario's own code threw");
    this.cause = cause instanceof Error ? cause : new Error(String(cause));
  }
}

/**
 * Reads the body of an answer to its end: keeps it up to the limit of the exchange, or hands it to the exchange's
 * reader as it comes. A reader that returns early leaves the rest unread.
 * @throws {BrokenByScenario} when the reader threw; whatever the stream fails with otherwise.
 */
export async function readBody(stream: Readable, status: number, exchange: StreamExchange): Promise<BodyRead> {
  const read = exchange.reader(status);
  let bodyBytes = 0;
  if (read !== undefined) {
    let failure: Error | undefined;
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          bodyBytes += chunk.length;
          yield chunk;
        }
      } catch (error) {
        failure = error as Error;
        throw error;
      }
    };
    try {
      await read(chunks());
    } catch (error) {
      if (failure === undefined) throw new BrokenByScenario(error);
    }
    if (failure !== undefined) throw failure;
    return { body: "", bodyBytes };
  }
  const { maxBodyBytes } = exchange;
  let kept: Buffer[] = [];
  return new Promise<BodyRead>((resolve, reject) => {
    stream.on("data", (chunk: Buffer) => {
      bodyBytes += chunk.length;
      if (bodyBytes <= maxBodyBytes) kept.push(chunk);
      else if (kept.length > 0) kept = [];
    });
    stream.on("end", () => {
      const body = bodyBytes > maxBodyBytes ? "" : Buffer.concat(kept).toString("latin1");
      resolve({ body, bodyBytes });
    });
    stream.on("error", reject);
    stream.on("aborted", () => reject(new Error("the answer ended too early")));
    stream.on("close", () => reject(new Error("the answer ended too early")));
  });
}

/**
 * Writes the content of a request, at the pace at which the other side takes it, and ends the stream. When the other
 * side has enough, the source is closed.
 * @throws {BrokenByScenario} when the source threw, or gave more or less than it had said.
 */
export async function writeContent(stream: Writable, request: StreamRequest): Promise<void> {
  const { content } = request;
  if (content === undefined || content instanceof Uint8Array) {
    if (content !== undefined) request.bytesOut += content.length;
    stream.end(content);
    return;
  }
  let written = 0;
  const { length } = content;
  const source = content.open()[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await fromScenario(() => source.next());
      if (stream.destroyed || stream.writableEnded) return;
      if (next.done === true) break;
      const chunk = typeof next.value === "string" ? Buffer.from(next.value) : next.value;
      written += chunk.length;
      if (length !== undefined && written > length) {
        throw new BrokenByScenario(new Error(`a body of ${length} bytes was announced, but there is more`));
      }
      request.bytesOut += chunk.length;
      if (!stream.write(chunk)) await drained(stream);
    }
    if (length !== undefined && written < length) {
      throw new BrokenByScenario(new Error(`a body of ${length} bytes was announced, but there are only ${written}`));
    }
    stream.end();
  } finally {
    // A source that holds a file must let go of it, also when nobody wants the rest.
    await source.return?.().catch(() => {});
  }
}

async function fromScenario<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new BrokenByScenario(error);
  }
}

/** Settles when a stream takes more, or never will. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}

/** The fields of an answer, as pairs in one list, as text that the rest of the engine reads. */
export function headText(statusLine: string, raw: readonly string[]): { head: string; setsCookie: boolean } {
  let head = `${statusLine}\r\n`;
  let setsCookie = false;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    if (name.startsWith(":")) continue;
    if (name.length === 10 && name.toLowerCase() === "set-cookie") setsCookie = true;
    head += `${name}: ${raw[at + 1]}\r\n`;
  }
  return { head: `${head}\r\n`, setsCookie };
}
