import type { AnswerMemory } from "./answer-memory.ts";
import { latin1 } from "./latin1.ts";

/** Where a parser stands. Plain numbers, because this is the hottest loop of the engine. */
const HEAD = 0;
const FIXED_BODY = 1;
const BODY_UNTIL_CLOSE = 2;
const CHUNK_SIZE_LINE = 3;
const CHUNK_DATA = 4;
const CHUNK_DATA_END = 5;
const TRAILERS = 6;
const DONE = 7;
const FAILED = 8;

/** Bytes of a status line with its fields, or of trailers, that a server may send. */
const MAX_HEAD_BYTES = 64 * 1024;
/** Bytes of one line that gives a chunk's size, with its extensions. */
const MAX_CHUNK_LINE_BYTES = 4 * 1024;
/** More data is needed before this piece can be read. */
const INCOMPLETE = -1;
const REFUSED = -2;

const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const COLON = 58;
const SEMICOLON = 59;

/** Bytes that a field name may have: `tchar` of RFC 9110 §5.6.2. */
const TOKEN = byteTable((byte) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)));
/** Bytes that a field value may have: RFC 9110 §5.5 with obs-text. */
const FIELD_VALUE = byteTable((byte) => byte === TAB || (byte >= SPACE && byte !== 127));

/** `;name=value;name="quoted"`, with empty names and values forgiven as llhttp does, but not a `;` before nothing. */
const CHUNK_EXTENSIONS =
  /^(?:;(?!$)[!#$%&'*+\-.^_`|~0-9A-Za-z]*(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]*|[!#$%&'*+\-.^_`|~0-9A-Za-z]*"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/;

function byteTable(allowed: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (allowed(byte) ? 1 : 0));
}

/**
 * Reads HTTP/1.1 responses (RFC 9112) from bytes as they arrive, in place: nothing is copied unless a head is
 * split over two reads. One parser serves one connection, one response after the other. It is as strict as
 * llhttp, Node's own parser, with which it is compared on mutated responses.
 */
export class ResponseParser {
  /** Status code of the final response; 0 until it was read. */
  status = 0;
  /** Whether the connection may carry another request after this response. */
  keepAlive = true;
  /** Why the response was refused; empty as long as it was not. */
  error = "";
  /** Status line and fields of the final response, one character per byte; empty unless asked for. */
  head = "";
  /** Whether any byte of the awaited response has come. */
  started = false;
  /** Whether the response sets a cookie. */
  setsCookie = false;
  /** Bytes of body so far, without the framing of chunks. */
  bodyBytes = 0;
  /** The body, one character per byte; empty when it is not to be kept, or is larger than that. */
  body = "";

  #state = DONE;
  #headRequest = false;
  #keepHead = false;
  #maxBodyBytes = 0;
  /** Bytes of the body or chunk that are still to come. */
  #remaining = 0;
  /** A head, a line or trailers that did not come whole. */
  #pending: Buffer | undefined;
  #headBytes = 0;

  #minor = 1;
  #contentLength = -1;
  #hasTransferEncoding = false;
  #chunkedLast = false;
  #connectionClose = false;
  #connectionKeepAlive = false;
  #upgrade = false;
  readonly #memory: AnswerMemory | undefined;

  /** Takes the memory of the buffer that responses are read into, where they are read into one. */
  constructor(memory?: AnswerMemory) {
    this.#memory = memory;
  }

  /** Whether a response has been read to its end. */
  get done(): boolean {
    return this.#state === DONE;
  }

  get failed(): boolean {
    return this.#state === FAILED;
  }

  /** Makes ready for the response to a request, of whose body at most so many bytes are kept; 0 for nothing. */
  begin(headRequest: boolean, keepHead: boolean, maxBodyBytes: number): void {
    this.status = 0;
    this.keepAlive = true;
    this.error = "";
    this.head = "";
    this.setsCookie = false;
    this.started = false;
    this.bodyBytes = 0;
    this.body = "";
    this.#state = HEAD;
    this.#headRequest = headRequest;
    this.#keepHead = keepHead;
    this.#maxBodyBytes = maxBodyBytes;
    this.#pending = undefined;
    this.#headBytes = 0;
  }

  /**
   * Reads bytes `from` ≤ i < `to`. Returns where it stopped: `to`, or earlier when the response ended or was
   * refused before; ask {@link done} and {@link failed}.
   */
  read(bytes: Buffer, from: number, to: number): number {
    let at = from;
    if (!this.started && to > from) {
      this.started = true;
      if (!this.#headRequest && this.#memory?.hasHead(bytes, from, to) === true) at = this.#recall(this.#memory, to);
    }
    while (at < to) {
      switch (this.#state) {
        case HEAD:
        case CHUNK_SIZE_LINE:
        case CHUNK_DATA_END:
        case TRAILERS:
          at = this.#readFraming(bytes, at, to);
          break;
        case FIXED_BODY:
        case CHUNK_DATA: {
          const end = Math.min(to, at + this.#remaining);
          this.#take(bytes, at, end);
          this.#remaining -= end - at;
          at = end;
          if (this.#remaining === 0) this.#state = this.#state === FIXED_BODY ? DONE : CHUNK_DATA_END;
          break;
        }
        case BODY_UNTIL_CLOSE:
          this.#take(bytes, at, to);
          at = to;
          break;
        default:
          return at;
      }
    }
    return at;
  }

  /** Says that the server closed the connection: the end of a body without length, otherwise a break. */
  end(): void {
    if (this.#state === DONE || this.#state === FAILED) return;
    if (this.#state === BODY_UNTIL_CLOSE) {
      this.#state = DONE;
      return;
    }
    this.#refuse(this.started ? "the connection was closed in the middle of the response" : "no response came");
  }

  #take(bytes: Buffer, from: number, to: number): void {
    this.bodyBytes += to - from;
    if (this.#maxBodyBytes === 0) return;
    if (this.bodyBytes > this.#maxBodyBytes) this.body = "";
    else if (this.body === "") this.body = latin1(bytes, from, to);
    else this.body += latin1(bytes, from, to);
  }

  #refuse(reason: string): number {
    this.error = reason;
    this.keepAlive = false;
    this.#state = FAILED;
    this.#pending = undefined;
    return REFUSED;
  }

  /** Reads one piece of framing, which must be whole; keeps what is there when it is not. */
  #readFraming(bytes: Buffer, from: number, to: number): number {
    const pending = this.#pending;
    if (pending === undefined) {
      const end = this.#readPiece(bytes, from, to);
      if (end >= 0) return end;
      if (end === INCOMPLETE) this.#keep(Buffer.from(bytes.subarray(from, to)));
      return to;
    }
    const joined = Buffer.concat([pending, bytes.subarray(from, to)]);
    this.#pending = undefined;
    // A server that drips must not make the same bytes be read again and again.
    if (joined.length < 256 || bytes.subarray(from, to).includes(LF)) {
      const end = this.#readPiece(joined, 0, joined.length);
      if (end >= 0) return from + (end - pending.length);
      if (end === REFUSED) return to;
    }
    this.#keep(joined);
    return to;
  }

  #keep(bytes: Buffer): void {
    const limit = this.#state === CHUNK_SIZE_LINE ? MAX_CHUNK_LINE_BYTES : MAX_HEAD_BYTES;
    if (bytes.length > limit) {
      this.#refuse("the head of the response is too large");
      return;
    }
    this.#pending = bytes;
  }

  #readPiece(bytes: Buffer, from: number, to: number): number {
    switch (this.#state) {
      case HEAD:
        return this.#readHead(bytes, from, to);
      case CHUNK_SIZE_LINE:
        return this.#readChunkSize(bytes, from, to);
      case CHUNK_DATA_END:
        return this.#readChunkEnd(bytes, from, to);
      default:
        return this.#readTrailers(bytes, from, to);
    }
  }

  #readHead(bytes: Buffer, from: number, to: number): number {
    let at = from;
    // Empty lines before a status line are forgiven, as RFC 9112 §2.2 allows.
    while (at < to && (bytes[at] === CR || bytes[at] === LF)) at += 1;
    const start = at;
    at = this.#readStatusLine(bytes, at, to);
    if (at < 0) return at;
    this.#contentLength = -1;
    this.#hasTransferEncoding = false;
    this.#chunkedLast = false;
    this.#connectionClose = false;
    this.#connectionKeepAlive = false;
    this.#upgrade = false;
    at = this.#readFields(bytes, at, to, true);
    if (at < 0) return at;
    this.#headBytes += at - start;
    if (this.#headBytes > MAX_HEAD_BYTES) return this.#refuse("the head of the response is too large");
    const body = this.#enterBody(bytes, start, at);
    if (this.#memory !== undefined && body >= 0 && this.status !== 0 && !this.#headRequest) {
      this.#memory.learn(bytes, start, at, to, {
        status: this.status,
        keepAlive: this.keepAlive,
        setsCookie: this.setsCookie,
        state: this.#state,
        remaining: this.#remaining,
      });
    }
    return body;
  }

  /** Takes what is known of an answer as read; says how far that is. */
  #recall(memory: AnswerMemory, to: number): number {
    const { status, keepAlive, setsCookie, state, remaining } = memory.head;
    this.status = status;
    this.keepAlive = keepAlive;
    this.setsCookie = setsCookie;
    this.#state = state;
    this.#remaining = remaining;
    if (this.#keepHead) this.head = memory.headText();
    if (state !== FIXED_BODY || !memory.hasBody(to)) return memory.headBytes;
    this.#state = DONE;
    this.bodyBytes = remaining;
    if (remaining <= this.#maxBodyBytes) this.body = memory.bodyText();
    return to;
  }

  /** `HTTP/1.1 200 OK`, RFC 9112 §4. */
  #readStatusLine(bytes: Buffer, from: number, to: number): number {
    // "HTTP/" may come in parts; what is there must fit.
    for (let index = 0; index < 5; index += 1) {
      if (from + index >= to) return INCOMPLETE;
      if (bytes[from + index] !== HTTP_SLASH[index]) return this.#refuse("the answer is not HTTP");
    }
    if (from + 13 > to) return INCOMPLETE;
    const major = (bytes[from + 5] as number) - 48;
    const minor = (bytes[from + 7] as number) - 48;
    if (major !== 1 || bytes[from + 6] !== 46 || (minor !== 0 && minor !== 1) || bytes[from + 8] !== SPACE) {
      return this.#refuse("the answer is not HTTP/1.0 or HTTP/1.1");
    }
    this.#minor = minor;
    let status = 0;
    for (let index = from + 9; index < from + 12; index += 1) {
      const digit = (bytes[index] as number) - 48;
      if (digit < 0 || digit > 9) return this.#refuse("the status code is not a number");
      status = status * 10 + digit;
    }
    if (status < 100) return this.#refuse("the status code is below 100");
    let at = from + 12;
    if (bytes[at] === SPACE) {
      // llhttp takes any reason, so the one that says something odd is no worse than the one that says nothing.
      while (at < to && bytes[at] !== CR && bytes[at] !== LF) at += 1;
      if (at >= to) return INCOMPLETE;
    }
    if (bytes[at] !== CR) return this.#refuse("the status line has a byte that is not allowed");
    if (at + 1 >= to) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return this.#refuse("the status line does not end in CR LF");
    this.status = status;
    return at + 2;
  }

  /** Fields to the empty line after them. Only what decides the framing is looked at, and only in a head. */
  #readFields(bytes: Buffer, from: number, to: number, head: boolean): number {
    let at = from;
    for (;;) {
      if (at >= to) return INCOMPLETE;
      if (bytes[at] === CR) {
        if (at + 1 >= to) return INCOMPLETE;
        return bytes[at + 1] === LF ? at + 2 : this.#refuse("the fields do not end in CR LF");
      }
      const name = at;
      while (at < to && TOKEN[bytes[at] as number] === 1) at += 1;
      if (at >= to) return INCOMPLETE;
      if (bytes[at] !== COLON || at === name) return this.#refuse("a field name has a byte that is not allowed");
      const nameEnd = at;
      at += 1;
      while (at < to && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1;
      const value = at;
      while (at < to && FIELD_VALUE[bytes[at] as number] === 1) at += 1;
      if (at >= to) return INCOMPLETE;
      if (bytes[at] !== CR) return this.#refuse("a field value has a byte that is not allowed");
      if (at + 1 >= to) return INCOMPLETE;
      if (bytes[at + 1] !== LF) return this.#refuse("a field does not end in CR LF");
      if (at + 2 >= to) return INCOMPLETE;
      // A line that begins with white space would continue the value (obs-fold): long obsolete, and a way to smuggle.
      if (bytes[at + 2] === SPACE || bytes[at + 2] === TAB) return this.#refuse("a field is folded over two lines");
      if (head) {
        if (this.#readFramingField(bytes, name, nameEnd, value, at) === REFUSED) return REFUSED;
      } else if (nameEnd - name === CONTENT_LENGTH.length && isName(bytes, name, CONTENT_LENGTH)) {
        return this.#refuse("the trailers have a content-length");
      }
      at += 2;
    }
  }

  #readFramingField(bytes: Buffer, name: number, nameEnd: number, value: number, valueEnd: number): number {
    switch (nameEnd - name) {
      case 7:
        if (isName(bytes, name, UPGRADE)) this.#upgrade = true;
        return 0;
      case 10:
        if (isName(bytes, name, CONNECTION)) this.#readConnection(bytes, value, valueEnd);
        else if (isName(bytes, name, SET_COOKIE)) this.setsCookie = true;
        return 0;
      case 16:
        // Never standard, but sent by old proxies, and understood by llhttp.
        if (isName(bytes, name, PROXY_CONNECTION)) this.#readConnection(bytes, value, valueEnd);
        return 0;
      case 14:
        return isName(bytes, name, CONTENT_LENGTH) ? this.#readContentLength(bytes, value, valueEnd) : 0;
      case 17:
        return isName(bytes, name, TRANSFER_ENCODING) ? this.#readTransferEncoding(bytes, value, valueEnd) : 0;
      default:
        return 0;
    }
  }

  #readConnection(bytes: Buffer, from: number, to: number): void {
    if (to - from === KEEP_ALIVE.length && isName(bytes, from, KEEP_ALIVE)) {
      this.#connectionKeepAlive = true;
      return;
    }
    for (const option of latin1(bytes, from, to).toLowerCase().split(",")) {
      const word = option.trim();
      if (word === "close") this.#connectionClose = true;
      if (word === "keep-alive") this.#connectionKeepAlive = true;
    }
  }

  #readContentLength(bytes: Buffer, from: number, to: number): number {
    if (this.#contentLength >= 0) return this.#refuse("there are two content-length fields");
    let end = to;
    while (end > from && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end -= 1;
    if (end === from) return this.#refuse("the content-length is empty");
    let length = 0;
    for (let at = from; at < end; at += 1) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) return this.#refuse("the content-length is not a number");
      length = length * 10 + digit;
      if (length > Number.MAX_SAFE_INTEGER) return this.#refuse("the content-length is too large");
    }
    this.#contentLength = length;
    return 0;
  }

  #readTransferEncoding(bytes: Buffer, from: number, to: number): number {
    this.#hasTransferEncoding = true;
    if (from === to) return this.#refuse("the transfer-encoding is empty");
    // As in llhttp, a tab behind the word makes it another word.
    this.#chunkedLast = /(?:^|,)[\t ]*chunked *$/i.test(bytes.toString("latin1", from, to));
    return 0;
  }

  /** Decides how the body is framed: RFC 9112 §6.3. */
  #enterBody(bytes: Buffer, start: number, at: number): number {
    const status = this.status;
    if (this.#contentLength >= 0 && this.#hasTransferEncoding) {
      return this.#refuse("the response has both content-length and transfer-encoding");
    }
    if (status === 101 || (this.#upgrade && status < 200))
      return this.#refuse("the server switched the protocol unasked");
    const keepAlive = !this.#connectionClose && (this.#minor === 1 || this.#connectionKeepAlive);
    if (status < 200) {
      if (!keepAlive) return this.#refuse("an interim response closes the connection");
      // Interim: the final response follows.
      this.status = 0;
      return at;
    }
    if (this.#keepHead) this.head = latin1(bytes, start, at);
    this.keepAlive = keepAlive;
    if (this.#headRequest || status === 204 || status === 304) {
      this.#state = DONE;
    } else if (this.#hasTransferEncoding) {
      this.#state = this.#chunkedLast ? CHUNK_SIZE_LINE : BODY_UNTIL_CLOSE;
      if (!this.#chunkedLast) this.keepAlive = false;
    } else if (this.#contentLength >= 0) {
      this.#remaining = this.#contentLength;
      this.#state = this.#contentLength === 0 ? DONE : FIXED_BODY;
    } else {
      this.#state = BODY_UNTIL_CLOSE;
      this.keepAlive = false;
    }
    return at;
  }

  /** `1f;name=value` CR LF, RFC 9112 §7.1. */
  #readChunkSize(bytes: Buffer, from: number, to: number): number {
    let at = from;
    let size = 0;
    while (at < to) {
      const digit = hexDigit(bytes[at] as number);
      if (digit < 0) break;
      size = size * 16 + digit;
      if (size > Number.MAX_SAFE_INTEGER) return this.#refuse("a chunk is too large");
      at += 1;
    }
    if (at >= to) return INCOMPLETE;
    if (at === from) return this.#refuse("the size of a chunk is not a number");
    if (bytes[at] === SEMICOLON) {
      const extensions = at;
      while (at < to && FIELD_VALUE[bytes[at] as number] === 1) at += 1;
      if (at >= to) return INCOMPLETE;
      if (!CHUNK_EXTENSIONS.test(bytes.toString("latin1", extensions, at))) {
        return this.#refuse("the extensions of a chunk have a byte that is not allowed");
      }
    }
    if (bytes[at] !== CR) return this.#refuse("the size of a chunk has a byte that is not allowed");
    if (at + 1 >= to) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return this.#refuse("the size of a chunk does not end in CR LF");
    this.#remaining = size;
    this.#state = size === 0 ? TRAILERS : CHUNK_DATA;
    return at + 2;
  }

  #readChunkEnd(bytes: Buffer, from: number, to: number): number {
    if (bytes[from] !== CR) return this.#refuse("a chunk is longer than its size");
    if (from + 1 >= to) return INCOMPLETE;
    if (bytes[from + 1] !== LF) return this.#refuse("a chunk does not end in CR LF");
    this.#state = CHUNK_SIZE_LINE;
    return from + 2;
  }

  #readTrailers(bytes: Buffer, from: number, to: number): number {
    const at = this.#readFields(bytes, from, to, false);
    if (at >= 0) this.#state = DONE;
    return at;
  }
}

const HTTP_SLASH = Buffer.from("HTTP/");
const UPGRADE = Buffer.from("upgrade");
const CONNECTION = Buffer.from("connection");
const KEEP_ALIVE = Buffer.from("keep-alive");
const SET_COOKIE = Buffer.from("set-cookie");
const PROXY_CONNECTION = Buffer.from("proxy-connection");
const CONTENT_LENGTH = Buffer.from("content-length");
const TRANSFER_ENCODING = Buffer.from("transfer-encoding");

/** Whether the bytes are this name in any case. `-` keeps its value under the mask, so one comparison does. */
function isName(bytes: Buffer, from: number, name: Buffer): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (((bytes[from + index] as number) | 32) !== name[index]) return false;
  }
  return true;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
