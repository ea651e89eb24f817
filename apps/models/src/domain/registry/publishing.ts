import type { ModelCard } from "../model/card.ts";
import type { ArtefactStore, StoredArtefact } from "./artefact-store.ts";
import type { ModelValidator } from "./model-validator.ts";
import type { Registry, VersionRecord } from "./registry.ts";

export interface PublishingParts {
  readonly registry: Registry;
  readonly artefacts: ArtefactStore;
  readonly validator: ModelValidator;
}

export interface Publication {
  readonly model: string;
  readonly card: ModelCard;
  readonly stored: StoredArtefact;
}

/**
 * Makes a version of an artefact that is stored already: validates it away from the serving process,
 * then registers it. An artefact that is refused is left to {@link removeUnusedArtefacts}, because
 * another upload of the same bytes may be under way.
 * @throws {MusterError} `model-invalid`.
 */
export async function publish(
  { registry, artefacts, validator }: PublishingParts,
  { model, card, stored }: Publication,
  actor: string,
): Promise<{ readonly record: VersionRecord; readonly created: boolean }> {
  const artefact = await artefacts.read(stored.digest);
  const inspection = await validator.validate(artefact, card);
  const added = await registry.addVersion({ model, ...stored, card, inspection }, actor);
  // Another replica may have been removing the same artefact, when nothing needed it yet.
  if (!(await artefacts.has(stored.digest))) await artefacts.put(once(artefact), artefact.length);
  return added;
}

/** Bytes as the stream that a store takes. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** Removes artefacts that no version needs and that are older than any upload that may still be under way. */
export async function removeUnusedArtefacts(
  { registry, artefacts }: Pick<PublishingParts, "registry" | "artefacts">,
  olderThan: number,
): Promise<readonly string[]> {
  // In this order: an artefact that was stored meanwhile is not in the list.
  const stored = await artefacts.storedBefore(olderThan);
  const needed = await registry.digests();
  const unused = stored.filter((digest) => !needed.has(digest));
  for (const digest of unused) await artefacts.remove(digest, olderThan);
  return unused;
}
