import type { Signature } from "./signature.ts";
import type { Tensors } from "../tensor/tensor.ts";

/** A model in memory, ready to compute. */
export interface ModelSession {
  readonly signature: Signature;
  /** Computes every output. Inputs must fit the signature; a value the graph cannot take is thrown. */
  run(inputs: Tensors): Promise<Tensors>;
  /** Frees the memory. Runs that were started finish first. */
  close(): Promise<void>;
}

/** Loads models. */
export interface ModelRuntime {
  /** @throws {MusterError} `model-invalid` when the bytes are no model that this runtime can serve. */
  load(artefact: Uint8Array): Promise<ModelSession>;
}
