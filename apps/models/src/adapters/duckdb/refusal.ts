import type { ErrorCode } from "@muster/kernel";

/**
 * A failure that a worker can name. The process that asked makes a `MusterError` of it; a worker starts in half the
 * time without the kernel.
 */
export class Refusal extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }
}
