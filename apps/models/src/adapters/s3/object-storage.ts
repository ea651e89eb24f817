/** An object as a list shows it. */
export interface ListedObject {
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly storedAt: number;
}

/** An object that is being read. */
export interface ReadObject {
  readonly bytes: number;
  /** SHA-256 in hexadecimal, as it was when the object was stored; undefined for what something else stored. */
  readonly sha256: string | undefined;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * A part of a bucket. An object is there as a whole or not at all. Everything throws {@link MusterError}
 * `storage-unreachable` when the storage does not answer or refuses.
 */
export interface ObjectStorage {
  /** Stores a file that does not change meanwhile. */
  putFile(key: string, file: { readonly path: string; readonly sha256: string }): Promise<void>;
  /** @throws {MusterError} `not-found`. */
  read(key: string, part?: { readonly start: number; readonly end: number }): Promise<ReadObject>;
  /** Its length in bytes, and when it was stored; undefined where it is not. */
  look(key: string): Promise<{ readonly bytes: number; readonly storedAt: number } | undefined>;
  /** Unless it was stored again since an instant. Removing what is not there is no error. */
  remove(key: string, storedBefore?: number): Promise<void>;
  /** Objects whose key begins so. */
  list(prefix: string): AsyncIterable<ListedObject>;
  close(): void;
}
