import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { CardFile } from "../src/domain/model/card.ts";

const FORMATTER = fileURLToPath(new URL("../../../node_modules/.bin/oxfmt", import.meta.url));

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
  const cardFile = new URL("model-card.json", folder);
  await writeFile(cardFile, `${JSON.stringify(card, null, 2)}\n`);
  // In the form that the formatter gives it, so that training again changes nothing in the tree.
  await promisify(execFile)(FORMATTER, [fileURLToPath(cardFile)]);
  for (const [name, content] of Object.entries(files)) await writeFile(new URL(name, folder), content);
  const path = fileURLToPath(new URL(card.artefact.file, folder));
  process.stdout.write(`${path}: ${model.length} bytes, ${JSON.stringify(card.metrics)}\n`);
}
