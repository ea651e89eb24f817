/** What uploads and queries may use. */
export interface DataLimits {
  /** Bytes of an upload. */
  readonly maxUploadBytes: number;
  readonly ingestTimeoutMs: number;
  readonly ingestMemoryBytes: number;
  /** Bytes of a table on disk, and of an exported file. */
  readonly maxTableBytes: number;
  readonly queryTimeoutMs: number;
  readonly queryMemoryBytes: number;
  /** Bytes of a result on disk. */
  readonly maxResultBytes: number;
  /** Bytes of one page as JSON. */
  readonly maxAnswerBytes: number;
  /** Milliseconds for which a result can be paged and downloaded. */
  readonly keepResultMs: number;
  readonly threads: number;
  /** Uploads and queries at the same time, and those that may wait for one of them. */
  readonly slots: number;
  readonly maxWaiting: number;
}

const MIB = 1_048_576;

/**
 * Reads the limits with a function that reads a whole number: name, what holds without it, least and most.
 */
export function readDataLimits(
  number: (name: string, fallback: number, min: number, max: number) => number,
): DataLimits {
  return {
    maxUploadBytes: number("MAX_DATASET_MB", 2_048, 1, 1_048_576) * MIB,
    ingestTimeoutMs: number("INGEST_TIMEOUT_MS", 120_000, 100, 3_600_000),
    ingestMemoryBytes: number("INGEST_MEMORY_MB", 1_024, 128, 1_048_576) * MIB,
    maxTableBytes: number("MAX_TABLE_MB", 4_096, 1, 1_048_576) * MIB,
    queryTimeoutMs: number("QUERY_TIMEOUT_MS", 10_000, 100, 3_600_000),
    queryMemoryBytes: number("QUERY_MEMORY_MB", 512, 64, 1_048_576) * MIB,
    maxResultBytes: number("MAX_RESULT_MB", 256, 1, 1_048_576) * MIB,
    maxAnswerBytes: number("MAX_PAGE_MB", 16, 1, 1_024) * MIB,
    keepResultMs: number("KEEP_RESULTS_MS", 3_600_000, 1_000, 604_800_000),
    threads: number("QUERY_THREADS", 2, 1, 64),
    slots: number("QUERY_SLOTS", 2, 1, 64),
    maxWaiting: number("QUERY_WAITING", 16, 0, 10_000),
  };
}
