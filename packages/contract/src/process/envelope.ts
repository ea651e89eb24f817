import type { ErrorCode, Problem } from "@muster/kernel";

/** What `--json` prints, for every command. Members are only ever added. */
export interface Envelope<T = unknown> {
  readonly muster: 1;
  readonly command: string;
  /** `good` exits 0, `bad` 1, `error` 2, 3 or 4. */
  readonly result: "good" | "bad" | "error";
  /** The sentence that a person would have read first. */
  readonly verdict: string;
  readonly data?: T;
  readonly error?: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly fix: string;
    readonly problems: readonly Problem[];
  };
}
