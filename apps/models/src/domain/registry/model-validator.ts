import type { ModelCard } from "../model/card.ts";
import type { Inspection } from "../model/golden.ts";

/** Opens untrusted models where they can do no harm. */
export interface ModelValidator {
  /**
   * Loads a model and tries it out, away from the serving process.
   * @throws {MusterError} `model-invalid` when it cannot be served, takes too long or needs too much memory.
   */
  validate(artefact: Uint8Array, card: ModelCard): Promise<Inspection>;
}
