/** What the model platform answers, as its OpenAPI document describes it. */

export interface ModelSummary {
  readonly name: string;
  readonly versions: readonly string[];
  readonly aliases: Readonly<Record<string, string | undefined>>;
}

export interface TensorSpec {
  readonly name: string;
  readonly datatype: string;
  /** -1 for a dimension that the request decides. */
  readonly shape: readonly number[];
}

export interface TensorData extends TensorSpec {
  readonly data: readonly (number | boolean | string)[];
}

export interface CardColumn {
  readonly name: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
}

export interface ModelCard {
  readonly title: string;
  readonly description?: string;
  readonly intendedUse?: string;
  readonly limits?: string;
  readonly author?: string;
  readonly data?: { readonly name: string; readonly source: string; readonly licence: string; readonly rows: number };
  readonly training?: { readonly command: string; readonly trainedOn: number; readonly testedOn: number };
  readonly metrics?: Readonly<Record<string, number>>;
  readonly inputs?: readonly { readonly name: string; readonly columns: readonly CardColumn[] }[];
  readonly outputs?: readonly { readonly name: string; readonly labels?: readonly string[] }[];
  readonly golden?: {
    readonly tolerance: number;
    readonly cases: readonly { readonly inputs: readonly TensorData[]; readonly outputs: readonly TensorData[] }[];
  };
}

export interface ModelVersion {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly bytes: number;
  readonly card: ModelCard;
  readonly signature: { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] };
  readonly batchable: boolean;
  readonly createdAt: string;
  readonly createdBy: string;
}

export const ALIASES = ["champion", "challenger"] as const;
export type Alias = (typeof ALIASES)[number];

export interface AliasRecord {
  readonly model: string;
  readonly alias: Alias;
  readonly version: string;
  readonly revision: number;
  readonly changedAt: string;
  readonly changedBy: string;
}

export interface Traffic {
  readonly canaryPercent: number;
  readonly shadowPercent: number;
  readonly revision: number;
}

export interface ShadowStatistics {
  readonly champion: string;
  readonly challenger: string;
  readonly rows: number;
  readonly agreeing: number;
  readonly agreement: number | null;
  readonly largestDifference: number | null;
  readonly failures: number;
  readonly skipped: number;
}

export interface ActivityWindow {
  readonly at: string;
  readonly answered: number;
  readonly rows: number;
  readonly cached: number;
  readonly refused: number;
  readonly failed: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly max?: number;
}

export interface Activity {
  readonly windowMs: number;
  readonly since: string;
  readonly until: string;
  readonly versions: readonly { readonly version: string; readonly windows: readonly ActivityWindow[] }[];
}

export interface InferAnswer {
  readonly model_name: string;
  readonly model_version: string;
  readonly outputs: readonly TensorData[];
}

export interface CacheStatistics {
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly hitRate: number;
}

export interface DatasetSummary {
  readonly name: string;
  readonly versions: number;
  /** The newest version that passed its rules. */
  readonly current: number | null;
}

export interface NamedType {
  readonly name: string;
  readonly type: string;
}

export interface RuleResult {
  readonly column: string;
  readonly rule: string;
  readonly action: "reject" | "warn";
  readonly failed: number;
  readonly detail?: string;
}

export interface ColumnRules {
  readonly required?: boolean;
  readonly unique?: boolean;
  readonly min?: number | string;
  readonly max?: number | string;
  readonly action?: "reject" | "warn";
}

export interface DatasetVersion {
  readonly dataset: string;
  readonly version: number;
  readonly digest: string;
  readonly bytes: number;
  readonly columns: readonly (NamedType & { readonly rules?: ColumnRules })[];
  readonly report: {
    readonly passed: boolean;
    readonly failures: readonly string[];
    readonly rows: number;
    readonly rejected: number;
    readonly columns: readonly (NamedType & {
      readonly nulls: number;
      readonly min: string | null;
      readonly max: string | null;
    })[];
    readonly rules: readonly RuleResult[];
  };
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface DatasetUpload {
  readonly id: string;
  readonly dataset: string;
  readonly bytes: number;
  readonly detection: {
    readonly format: string;
    readonly columns: readonly NamedType[];
    readonly sample: readonly (readonly unknown[])[];
  };
}

export interface QueryResult {
  readonly id: string;
  readonly columns: readonly NamedType[];
  readonly rows: readonly (readonly unknown[])[];
  readonly totalRows: number;
  readonly elapsedMs: number;
  readonly expiresAt: string;
}

export interface ColumnDrift {
  readonly column: string;
  readonly kind: "numeric" | "categorical";
  readonly verdict: "none" | "moderate" | "strong" | "unknown";
  readonly psi: number | null;
  readonly jensenShannon: number | null;
  readonly nullShareChange: number;
  readonly ks: { readonly statistic: number; readonly pValue: number } | null;
  readonly reference: { readonly rows: number; readonly nulls: number };
  readonly current: { readonly rows: number; readonly nulls: number };
  readonly bins: readonly { readonly label: string; readonly reference: number; readonly current: number }[];
}

export type WindowVerdict = "good" | "warn" | "alarm" | "unknown";

export interface WatchedColumn {
  readonly column: string;
  readonly side: "input" | "prediction";
  readonly verdict: WindowVerdict;
  readonly reason: string;
  readonly psi: number | null;
}

/** A stretch of time in which what was recorded of a model was compared with its reference. */
export interface DriftWindow {
  readonly from: string;
  readonly to: string;
  readonly verdict: WindowVerdict;
  readonly reason: string | null;
  readonly rows: number;
  readonly columns: readonly WatchedColumn[];
}

export interface MonitoringSettings {
  readonly samplePercent: number;
  readonly window: string;
  readonly minimumRows: number;
  readonly warnPsi: number;
  readonly alarmPsi: number;
  readonly retentionDays: number;
  readonly reference: { readonly dataset: string; readonly version: number } | null;
  readonly revision: number;
}

export interface DriftAlarm {
  readonly id: string;
  readonly side: "input" | "prediction";
  readonly column: string;
  readonly state: "raised" | "continuing" | "cleared";
  readonly reason: string;
  readonly raisedAt: string;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
}

export interface AccuracyWindow {
  readonly from: string;
  readonly to: string;
  readonly version: string;
  readonly told: number;
  readonly figures:
    | { readonly kind: "class" | "probability"; readonly accuracy: { readonly share: number | null } }
    | { readonly kind: "number"; readonly mae: number | null }
    | null;
}

/** What a job would do, or does. */
export interface JobPlan {
  readonly model: string;
  readonly version: string;
  readonly dataset: string;
  readonly datasetVersion: number;
  readonly format: "csv" | "parquet";
  readonly inputs: readonly { readonly input: string; readonly columns: readonly string[] }[];
  readonly outputs: readonly { readonly output: string; readonly column: string }[];
  readonly errorColumn: string;
  readonly rowsTotal: number;
}

export interface Job extends JobPlan {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly rowsDone: number;
  readonly rowsFailed: number;
  /** Rows a second. */
  readonly rate: number | null;
  readonly expectedEnd: string | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
}
