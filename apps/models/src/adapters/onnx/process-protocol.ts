import { type ErrorCode, MusterError } from "@muster/kernel";
import type { Signature } from "../../domain/model/signature.ts";
import type { Tensors } from "../../domain/tensor/tensor.ts";

/** What the process of a model is asked. */
export type ProcessRequest = { readonly run: number; readonly inputs: Tensors } | { readonly close: true };

/** What it answers. */
export type ProcessReply =
  | { readonly ready: Signature }
  | { readonly run: number; readonly outputs: Tensors }
  | { readonly run: number; readonly failure: Failure }
  | { readonly refused: Failure };

/** An error as it can travel between processes. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof MusterError) return { code: error.code, message: error.message };
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}

export function errorOf({ code, message }: Failure): MusterError {
  return new MusterError(code, message);
}
