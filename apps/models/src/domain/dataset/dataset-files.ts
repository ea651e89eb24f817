import type { StoredArtefact } from "../registry/artefact-store.ts";

/** Files of datasets. What has its final name is whole and survives a power cut. */
export interface DatasetFiles {
  /**
   * Stores an upload under its digest. A stream that breaks off leaves nothing.
   * @throws {MusterError} `too-large`, `database-full`.
   */
  putUpload(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredArtefact>;
  /**
   * Where programs find an upload. The file stays there for at least an hour.
   * @throws {MusterError} `not-found`.
   */
  uploadPath(digest: string): Promise<string>;
  /** Path for a file that is being written; it is removed with everything that belongs to it by {@link DatasetFiles.discard}. */
  workPath(): Promise<string>;
  discard(workPath: string): Promise<void>;
  /** Writes a text to a path that {@link DatasetFiles.workPath} gave, or beside it. @throws {MusterError} `database-full`. */
  write(path: string, text: AsyncIterable<string>): Promise<void>;
  /** Gives a finished file its name; returns its id. */
  keepTable(workPath: string): Promise<string>;
  /**
   * Where programs find a table. The file stays there for at least an hour.
   * @throws {MusterError} `not-found`.
   */
  tablePath(id: string): Promise<string>;
  /** Removing what is not there is no error. */
  removeTable(id: string): Promise<void>;
  /** Removes files that nothing needs and that were stored before an instant (milliseconds since the epoch). */
  removeUnused(
    inUse: { readonly uploads: ReadonlySet<string>; readonly tables: ReadonlySet<string> },
    before: number,
  ): Promise<void>;
}
