import { DURATION_PATTERN } from "@muster/kernel";
import { type Static, Type } from "typebox";
import { COLUMN_TYPE_PATTERN } from "./column-type.ts";

/** Formats of files that can become a dataset. */
export const FORMATS = ["csv", "jsonl", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** Encodings that the engine reads without an extension. */
export const ENCODINGS = ["utf-8", "latin-1", "utf-16"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** A dataset's name is also its table's name in SQL, so it needs no quotes there, and is none of the engine's own. */
export const DATASET_NAME_PATTERN = "^(?!duckdb_|pragma_|sqlite_|pg_)[a-z][a-z0-9_]{0,62}$";

const Bound = Type.Union([Type.Number(), Type.String({ maxLength: 64 })], {
  description: "A number, or a text that the column's type can be read from, such as 2026-01-31",
});

/** What the values of a column must be like. */
export const RulesSchema = Type.Object(
  {
    required: Type.Optional(Type.Boolean({ description: "No value may be missing" })),
    unique: Type.Optional(Type.Boolean({ description: "No value may be there twice; the first row keeps it" })),
    min: Type.Optional(Bound),
    max: Type.Optional(Bound),
    pattern: Type.Optional(Type.String({ maxLength: 500, description: "RE2; the whole value must match" })),
    maxAge: Type.Optional(
      Type.String({ pattern: DURATION_PATTERN, description: "The newest value is at most this old, such as 24h" }),
    ),
    action: Type.Optional(
      Type.Enum(["reject", "warn"], { description: "Whether rows that break a rule are rejected or only counted" }),
    ),
  },
  { additionalProperties: false },
);

export const ColumnSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 256 }),
    type: Type.String({ pattern: COLUMN_TYPE_PATTERN }),
    rules: Type.Optional(RulesSchema),
  },
  { additionalProperties: false },
);
export type Column = Static<typeof ColumnSchema>;

/** A column of an answer, whose type is whatever the engine computed. */
export const NamedTypeSchema = Type.Object({ name: Type.String(), type: Type.String() });
export type NamedType = Static<typeof NamedTypeSchema>;

/** Values as JSON carries them without loss: whole numbers above 2^53, dates and decimals as text. */
export type Cell = unknown;

/** How a CSV file is written. */
export const CsvDialectSchema = Type.Object({
  encoding: Type.Enum([...ENCODINGS]),
  delimiter: Type.String({ minLength: 1, maxLength: 4 }),
  quote: Type.String({ maxLength: 1 }),
  header: Type.Boolean(),
  skip: Type.Integer({ minimum: 0, description: "Lines before the header or the first row" }),
  dateFormat: Type.Optional(Type.String()),
  timestampFormat: Type.Optional(Type.String()),
});
export type CsvDialect = Static<typeof CsvDialectSchema>;

/** What was found in a file: shown to whoever sent it, who may correct the types before the rows are read. */
export const DetectionSchema = Type.Object({
  format: Type.Enum([...FORMATS]),
  csv: Type.Optional(CsvDialectSchema),
  columns: Type.Array(NamedTypeSchema),
  sample: Type.Array(Type.Array(Type.Unknown()), { description: "The first rows" }),
});
export type Detection = Static<typeof DetectionSchema>;

export const RuleResultSchema = Type.Object({
  column: Type.String(),
  rule: Type.Enum(["required", "unique", "min", "max", "pattern", "maxAge"]),
  action: Type.Enum(["reject", "warn"]),
  failed: Type.Integer({ description: "Rows that break it" }),
  detail: Type.Optional(Type.String()),
});
export type RuleResult = Static<typeof RuleResultSchema>;

/** How good the rows of a version are. */
export const QualityReportSchema = Type.Object({
  passed: Type.Boolean({ description: "Only versions that passed are used where no version is named" }),
  failures: Type.Array(Type.String(), { description: "Why it did not pass" }),
  rows: Type.Integer(),
  rejected: Type.Integer({ description: "Rows that were left out; download them with the reasons" }),
  columns: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.String(),
      nulls: Type.Integer(),
      min: Type.Union([Type.String(), Type.Null()]),
      max: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  rules: Type.Array(RuleResultSchema),
});
export type QualityReport = Static<typeof QualityReportSchema>;
