import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { CardFile } from "../src/domain/model/card.ts";

/** What a training run gives. */
export interface Artefacts {
  readonly model: Uint8Array;
  readonly card: CardFile;
}

/** SHA-256 in hexadecimal, as cards name files. */
export function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Writes a model and its card, and files that belong to them, where the platform finds them. */
export async function writeArtefacts(
  { model, card }: Artefacts,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = new URL(`../models/${card.name}/`, import.meta.url);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(card.artefact.file, folder), model);
  await writeFile(new URL("model-card.json", folder), `${JSON.stringify(card, null, 2)}\n`);
  for (const [name, content] of Object.entries(files)) await writeFile(new URL(name, folder), content);
  const path = fileURLToPath(new URL(card.artefact.file, folder));
  process.stdout.write(`${path}: ${model.length} bytes, ${JSON.stringify(card.metrics)}\n`);
}
