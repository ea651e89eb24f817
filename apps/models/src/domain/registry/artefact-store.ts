/** A stored artefact. Equal bytes have one digest and are kept once. */
export interface StoredArtefact {
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  readonly bytes: number;
}

/** An artefact that can be read piece by piece. */
export interface OpenedArtefact {
  readonly bytes: number;
  read(part?: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array>;
}

/** Artefacts by digest. What {@link ArtefactStore.put} returned survives a power cut. */
export interface ArtefactStore {
  /**
   * Stores a stream. Nothing of it is visible before all of it is stored.
   * @throws {MusterError} `too-large` when it is longer than allowed. An error of the stream is passed on.
   */
  put(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredArtefact>;
  /**
   * @throws {MusterError} `not-found`; `model-invalid` when the bytes no longer have their digest.
   */
  read(digest: string): Promise<Uint8Array>;
  /**
   * Its length and its bytes, or a part of them, both ends included, as they are read. They are not compared with the digest.
   * @throws {MusterError} `not-found`.
   */
  open(digest: string): Promise<OpenedArtefact>;
  /** Whether it is there. */
  has(digest: string): Promise<boolean>;
  /** Unless it was stored again since an instant (milliseconds since the epoch). Removing what is not there is no error. */
  remove(digest: string, storedBefore: number): Promise<void>;
  /** Digests of artefacts that were stored before an instant (milliseconds since the epoch). */
  storedBefore(instant: number): Promise<readonly string[]>;
}
