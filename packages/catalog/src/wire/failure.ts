import { type Static, Type } from "typebox";

/** How far an attempt to reach something came before it failed. */
export const FailureSchema = Type.Object({
  /** `dns`: the name, `connect`: the port, `tls`: the encryption, `timeout`: the time, `protocol`: the answer, `body`: its content. */
  phase: Type.Enum(["dns", "connect", "tls", "timeout", "protocol", "body"]),
  /** Code of the system or of the library, such as `ECONNREFUSED`. */
  code: Type.String(),
  message: Type.String(),
});

/** Why something could not be reached. A fact like any other: it is judged, not thrown. */
export type Failure = Static<typeof FailureSchema>;

export type Phase = Failure["phase"];

/** What the codes mean that Node reports without a sentence of its own, or with one that repeats the code. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOTFOUND: "the name does not resolve",
  EAI_AGAIN: "the name could not be resolved, the name server gave no answer",
  ECONNREFUSED: "the connection was refused, nothing listens there",
  ECONNRESET: "the connection was reset by the other side",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "the connection was not answered",
  EPIPE: "the connection was closed by the other side",
  HPE_HEADER_OVERFLOW: "the headers are larger than 16 KiB",
};

/** Reasons of OpenSSL that mean that the bytes which came were no TLS at all. */
const NOT_TLS = ["wrong version number", "packet length too long", "record layer failure", "http request"];

/** Turns an error of Node into a failure in words, without any stack. */
export function failureOf(phase: Phase, error: unknown): Failure {
  const { code = "UNKNOWN", message = "" } = (error ?? {}) as { code?: string; message?: string };
  const known = MEANINGS[code];
  if (known !== undefined) return { phase, code, message: known };
  // OpenSSL's own text: error:<number>:<library>:<function>:<reason>:<file>:<line>
  const reason = /error:[0-9A-F]+:SSL routines:[^:]*:([^:]+)/i.exec(message)?.[1];
  if (reason !== undefined) {
    return { phase, code, message: NOT_TLS.includes(reason) ? "the other side does not speak TLS" : plain(reason) };
  }
  if (code.startsWith("HPE_")) {
    return { phase, code, message: `the answer is not HTTP: ${plain(message.replace(/^Parse Error:?\s*/, ""))}` };
  }
  return { phase, code, message: message === "" ? code : plain(message) };
}

/** The failure of something that took longer than it may. */
export function timedOut(milliseconds: number, waitingFor: string): Failure {
  return { phase: "timeout", code: "TIMEOUT", message: `no ${waitingFor} within ${milliseconds} ms` };
}

/** One sentence about a failure, for summaries: `connect: the connection was refused (ECONNREFUSED)`. */
export function failureText(failure: Failure): string {
  return `${failure.phase}: ${failure.message} (${failure.code})`;
}

/** One line without control characters: facts are stored where a NUL cannot be. */
function plain(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 300);
}
