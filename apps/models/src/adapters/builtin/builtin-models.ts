import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { problemsOf } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { type CardFile, CardFileSchema } from "../../domain/model/card.ts";

/** A model as it lies in a folder: its card and its bytes, which have the digest that the card names. */
export interface StoredModel {
  readonly card: CardFile;
  readonly artefact: Uint8Array;
  /** CSV of rows like those that it was trained on, where it lies beside the card as `reference.csv`. */
  readonly reference?: Uint8Array;
}

/**
 * Reads the models that come with the platform: one folder each, with `model-card.json` and the file it names.
 * @throws {MusterError} `model-invalid` for a card that does not hold or bytes that are not the card's.
 */
export async function readBuiltinModels(folder: string): Promise<readonly StoredModel[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  return Promise.all(folders.toSorted().map(readModel));
}

async function readModel(folder: string): Promise<StoredModel> {
  const card: unknown = JSON.parse(await readFile(join(folder, "model-card.json"), "utf8"));
  const problems = problemsOf(CardFileSchema, card);
  if (problems.length > 0) throw new MusterError("model-invalid", `the card in ${folder} does not hold`, { problems });
  const { artefact } = card as CardFile;
  const bytes = await readFile(join(folder, artefact.file));
  if (createHash("sha256").update(bytes).digest("hex") !== artefact.sha256) {
    throw new MusterError("model-invalid", `${artefact.file} in ${folder} is not the file that the card describes`);
  }
  const reference = await readIfThere(join(folder, "reference.csv"));
  return { card: card as CardFile, artefact: bytes, ...(reference ? { reference } : {}) };
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}
