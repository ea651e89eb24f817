/**
 * Where replicas keep answers for each other: bytes under a key, for a while. Anything may fail or take long; whoever
 * asks must not depend on it.
 */
export interface SharedStore {
  /**
   * The bytes under a key; undefined if there are none. Of a value that is longer than `maxBytes`, no more than one
   * byte beyond is read. Rejects when it cannot be told.
   */
  read(key: string, maxBytes: number): Promise<Uint8Array | undefined>;
  write(key: string, value: Uint8Array, ttlMs: number): Promise<void>;
  /** Frees the room of values whose keys fit, a part at a time. */
  sweep(fits: (key: string) => boolean): Promise<void>;
  /** Why it did not work when it did not last, in a word of the server's or the system's: `WRONGPASS`, `ECONNREFUSED`. */
  trouble(): string | undefined;
  close(): Promise<void>;
}
