import { latin1 } from "./latin1.ts";

/** What a parser knows when it has read the head of a final response that does not answer HEAD. */
export interface ReadHead {
  readonly status: number;
  readonly keepAlive: boolean;
  readonly setsCookie: boolean;
  /** Where the parser stands then. */
  readonly state: number;
  /** Bytes of the body that follow; without meaning unless the state says that they are counted. */
  readonly remaining: number;
}

/** Of longer answers nothing is remembered. */
const MAX_BYTES = 4_096;

/**
 * Remembers an answer. A server mostly begins the next ones with the same bytes, until the second of its `date` is
 * over, and often ends them with the same, too; comparing is ten times as fast as reading, and what is equal needs no
 * text of its own.
 */
export class AnswerMemory {
  /** What the head says. */
  head: ReadHead = { status: 0, keepAlive: false, setsCookie: false, state: 0, remaining: 0 };
  /** Bytes of the head; 0 as long as nothing is remembered. */
  headBytes = 0;
  /** Bytes of the whole answer, where its body is remembered too; else 0. */
  wholeBytes = 0;

  readonly #buffer: Buffer;
  /** The same memory eight bytes by eight. */
  readonly #words: BigInt64Array;
  readonly #known = Buffer.allocUnsafeSlow(MAX_BYTES);
  readonly #knownWords = new BigInt64Array(this.#known.buffer);
  #headText: string | undefined;
  #bodyText: string | undefined;

  /** Makes a memory for answers that are read to the beginning of a buffer, which begins at a multiple of 8 bytes. */
  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.#words = new BigInt64Array(buffer.buffer, buffer.byteOffset, buffer.length >> 3);
  }

  /** Whether what lies in a buffer from 0 up to `to` begins with the head that is remembered. */
  hasHead(bytes: Buffer, from: number, to: number): boolean {
    const { headBytes } = this;
    if (headBytes === 0 || to < headBytes || from !== 0 || bytes !== this.#buffer) return false;
    return this.#equal(0, headBytes);
  }

  /** Whether it goes on with the body that is remembered, and ends there. Asked only when the head is equal. */
  hasBody(to: number): boolean {
    return this.wholeBytes === to && this.#equal(this.headBytes, to);
  }

  /** Remembers the head of an answer, and its body when that is there already. */
  learn(bytes: Buffer, from: number, headEnd: number, to: number, head: ReadHead): void {
    if (from !== 0 || bytes !== this.#buffer || headEnd > MAX_BYTES) return;
    const whole = headEnd + head.remaining === to && to <= MAX_BYTES;
    bytes.copy(this.#known, 0, 0, whole ? to : headEnd);
    this.head = head;
    this.headBytes = headEnd;
    this.wholeBytes = whole ? to : 0;
    this.#headText = undefined;
    this.#bodyText = undefined;
  }

  /** The head, one character per byte: the same text each time. */
  headText(): string {
    return (this.#headText ??= latin1(this.#known, 0, this.headBytes));
  }

  /** The body, one character per byte: the same text each time. */
  bodyText(): string {
    return (this.#bodyText ??= latin1(this.#known, this.headBytes, this.wholeBytes));
  }

  #equal(from: number, to: number): boolean {
    const last = to >> 3;
    for (let at = from >> 3; at < last; at += 1) if (this.#words[at] !== this.#knownWords[at]) return false;
    for (let at = last << 3; at < to; at += 1) if (this.#buffer[at] !== this.#known[at]) return false;
    return true;
  }
}
