import { join } from "node:path";
import type { Clock } from "@muster/kernel";
import { openFileDatasets } from "./adapters/dataset-store/file-datasets.ts";
import { openFileArtefactStore } from "./adapters/files/file-artefact-store.ts";
import type { Configuration } from "./configuration.ts";
import type { DatasetFiles } from "./domain/dataset/dataset-files.ts";
import type { Metrics } from "./domain/observability/metrics.ts";
import type { ArtefactStore } from "./domain/registry/artefact-store.ts";

/** Where files are kept: on this machine's disk, or in object storage that replicas share. */
export interface OpenStorage {
  readonly artefacts: ArtefactStore;
  readonly datasetFiles: DatasetFiles;
  /** A sentence for a storage that did not answer the last request. */
  degraded(): readonly string[];
  close(): void;
}

/** Object storage is not asked for anything yet. */
export async function openStorage(
  { dataFolder, storage }: Configuration,
  clock: Clock,
  metrics: Pick<Metrics, "storageRequest">,
): Promise<OpenStorage> {
  const artefactFolder = join(dataFolder, "artefacts");
  const folder = join(dataFolder, "datasets");
  if (!storage) {
    const artefacts = await openFileArtefactStore(artefactFolder);
    return { artefacts, datasetFiles: await openFileDatasets(folder), degraded: () => [], close: () => undefined };
  }
  // Loaded only when it is configured: it takes 40 MB of memory.
  const { openS3Storage } = await import("./adapters/s3/s3-storage.ts");
  const { openS3ArtefactStore } = await import("./adapters/s3/s3-artefact-store.ts");
  const { openS3Datasets } = await import("./adapters/s3/s3-datasets.ts");
  let failure: string | undefined;
  const objects = openS3Storage(storage, undefined, (last) => {
    failure = last;
    metrics.storageRequest(last === undefined);
  });
  const { now } = clock;
  return {
    artefacts: await openS3ArtefactStore({ storage: objects, prefix: "artefacts/", folder: artefactFolder, now }),
    datasetFiles: await openS3Datasets({
      storage: objects,
      prefix: "datasets/",
      folder,
      maxCopyBytes: storage.maxCopyBytes,
      otherCopies: [join(artefactFolder, "sha256")],
      now,
    }),
    degraded: () => (failure === undefined ? [] : [`storage: ${failure}; models in memory are served`]),
    close: () => objects.close(),
  };
}
