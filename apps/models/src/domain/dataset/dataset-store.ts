import type { Instant } from "@muster/kernel";
import type { Column, Detection, NamedType, QualityReport } from "./column.ts";

/** A file that was sent and looked at, and is not a version yet. */
export interface UploadDraft {
  readonly dataset: string;
  /** SHA-256 of the file. */
  readonly digest: string;
  readonly bytes: number;
  readonly detection: Detection;
}

export interface UploadRecord extends UploadDraft {
  readonly id: string;
  readonly createdAt: Instant;
  readonly createdBy: string;
}

export interface DatasetVersionDraft {
  readonly dataset: string;
  /** SHA-256 and length of the file that it was made of. */
  readonly digest: string;
  readonly bytes: number;
  readonly columns: readonly Column[];
  readonly report: QualityReport;
  /** Id of the table file. */
  readonly table: string;
}

/** A version of a dataset. It never changes. */
export interface DatasetVersionRecord extends DatasetVersionDraft {
  /** 1, 2, and so on; the number of a deleted version is not given again. */
  readonly version: number;
  readonly createdAt: Instant;
  readonly createdBy: string;
}

export interface DatasetSummary {
  readonly name: string;
  readonly versions: number;
  /** The newest version that passed its rules: what is used where no version is named. */
  readonly current: number | undefined;
}

/** The result of a query, while it is kept. */
export interface ResultRecord {
  /** Also the id of its file. */
  readonly id: string;
  readonly user: string;
  readonly columns: readonly NamedType[];
  readonly totalRows: number;
  readonly expiresAt: Instant;
}

/** What is known of datasets. Every change of one is a transaction with its entry in the audit log. */
export interface DatasetStore {
  addUpload(draft: UploadDraft, actor: string): Promise<UploadRecord>;
  upload(dataset: string, id: string): Promise<UploadRecord | undefined>;
  datasets(): Promise<readonly DatasetSummary[]>;
  addVersion(draft: DatasetVersionDraft, actor: string): Promise<DatasetVersionRecord>;
  /** Versions of a dataset, newest first; empty for one that does not exist. */
  versions(dataset: string): Promise<readonly DatasetVersionRecord[]>;
  /** The newest versions of several datasets, at most `limit` of each, newest first, with numbers below `before`. */
  newestVersions(datasets: readonly string[], limit: number, before?: number): Promise<readonly DatasetVersionRecord[]>;
  /** One version, or the newest that passed its rules. */
  version(dataset: string, version: number | undefined): Promise<DatasetVersionRecord | undefined>;
  /** The newest version that was made of a file with this SHA-256. */
  versionOfDigest(digest: string): Promise<DatasetVersionRecord | undefined>;
  /**
   * Deletes one version, or all of them with what was uploaded; returns those that were there.
   * @throws {MusterError} `conflict` while a model is compared with one of them.
   */
  deleteVersions(dataset: string, version: number | undefined, actor: string): Promise<readonly DatasetVersionRecord[]>;
  addResult(result: ResultRecord): Promise<void>;
  result(id: string, now: Instant): Promise<ResultRecord | undefined>;
  deleteResult(id: string): Promise<void>;
  /** Forgets results that have expired, and uploads from before an instant. */
  forget(now: Instant, uploadsBefore: Instant): Promise<void>;
  /** Digests and ids of all files that are needed. */
  filesInUse(): Promise<{ readonly uploads: ReadonlySet<string>; readonly tables: ReadonlySet<string> }>;
}
