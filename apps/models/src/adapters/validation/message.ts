import type { ModelCard } from "../../domain/model/card.ts";
import type { Inspection } from "../../domain/model/golden.ts";

/** What the validating program answers on standard output. */
export type ValidationAnswer =
  | { readonly valid: true; readonly inspection: Inspection }
  | { readonly valid: false; readonly reason: string };

/** Packs a model and its card: the length of the card in four bytes, the card, the model. */
export function packValidation(artefact: Uint8Array, card: ModelCard): Buffer {
  const text = Buffer.from(JSON.stringify(card));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, artefact]);
}

export function unpackValidation(packed: Buffer): { readonly artefact: Buffer; readonly card: ModelCard } {
  const length = packed.readUInt32LE();
  const card = JSON.parse(packed.toString("utf8", 4, 4 + length)) as ModelCard;
  return { artefact: packed.subarray(4 + length), card };
}
