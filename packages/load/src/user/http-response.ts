import type { Failure } from "../http/failure.ts";
import { HeaderFields } from "../http/header-fields.ts";

/** The answer to a request of a user, or the reason why there is none. */
export class HttpResponse {
  /** Status code; 0 when there was no answer. */
  readonly status: number;
  readonly url: URL;
  /** Why there is no answer. */
  readonly failure: Failure | undefined;
  /** Milliseconds from the intended start, and from the send, to the last byte. */
  readonly responseMs: number;
  readonly serviceMs: number;

  readonly #head: string;
  /** One character per byte. */
  readonly #body: string;
  #fields: HeaderFields | undefined;

  constructor(
    status: number,
    url: URL,
    head: string,
    body: string,
    failure: Failure | undefined,
    responseMs: number,
    serviceMs: number,
  ) {
    this.status = status;
    this.url = url;
    this.failure = failure;
    this.responseMs = responseMs;
    this.serviceMs = serviceMs;
    this.#head = head;
    this.#body = body;
  }

  /** Whether there is an answer with a status of 2xx. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get headers(): HeaderFields {
    this.#fields ??= new HeaderFields(this.#head);
    return this.#fields;
  }

  /** The bytes of the body; none when it was discarded, or when it was larger than the run keeps. */
  bytes(): Uint8Array {
    return Buffer.from(this.#body, "latin1");
  }

  text(): string {
    return Buffer.from(this.#body, "latin1").toString("utf8");
  }

  /**
   * The body read as JSON.
   * @throws {SyntaxError} when it is none; also when there is no answer, with the reason.
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the scenario states the shape, as with a cast
  json<T = unknown>(): T {
    if (this.failure !== undefined) throw new SyntaxError(`no answer to read as JSON: ${this.failure.reason}`);
    return JSON.parse(this.text()) as T;
  }
}
