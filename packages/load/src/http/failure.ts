/** How a request can fail, beside an answer that nobody wanted. `stopped` is the end of the run, not a failure of the service. */
export type FailureKind = "connect" | "timeout" | "reset" | "protocol" | "stopped";

/** Why a request got no answer. */
export interface Failure {
  readonly kind: FailureKind;
  /** A short word that failures can be counted by: `ECONNREFUSED`, `EMFILE`, or a sentence without variable parts. */
  readonly reason: string;
}

/** The error that an operating system or TLS gave, as a failure. */
export function failureOf(error: Error, connected: boolean): Failure {
  const code = (error as NodeJS.ErrnoException).code;
  // A host with several addresses fails with all of their errors in one.
  const first =
    error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException | undefined)?.code : undefined;
  return { kind: connected ? "reset" : "connect", reason: first ?? code ?? error.message };
}
