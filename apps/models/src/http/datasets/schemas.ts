import { Type } from "typebox";
import { COLUMN_LIMIT } from "../../domain/dataset/column-type.ts";
import {
  ColumnSchema,
  CsvDialectSchema,
  DATASET_NAME_PATTERN,
  DetectionSchema,
  ENCODINGS,
  FORMATS,
  NamedTypeSchema,
  QualityReportSchema,
} from "../../domain/dataset/column.ts";
import { ColumnDriftSchema } from "../../domain/dataset/drift.ts";
import { Instant } from "../answers.ts";

const DatasetName = Type.String({ pattern: DATASET_NAME_PATTERN });
const Id = Type.String({ pattern: "^[0-9a-f-]{36}$" });
const VersionNumber = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
const Row = Type.Array(Type.Unknown());
/** Rows of one page at most. */
const MAX_PAGE_ROWS = 10_000;

export const DatasetParams = Type.Object({ dataset: DatasetName });
export const UploadParams = Type.Object({ dataset: DatasetName, upload: Id });
export const VersionParams = Type.Object({ dataset: DatasetName, version: VersionNumber });
export const ResultParams = Type.Object({ query: Id });

export const UploadQuery = Type.Object(
  {
    format: Type.Optional(Type.Enum([...FORMATS], { description: "Where Content-Type does not say it" })),
    encoding: Type.Optional(Type.Enum([...ENCODINGS])),
    delimiter: Type.Optional(CsvDialectSchema.properties.delimiter),
    quote: Type.Optional(Type.Enum(['"', "'"])),
    header: Type.Optional(Type.Boolean()),
    skip: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000 })),
  },
  { additionalProperties: false },
);

export const UploadSchema = Type.Object({
  id: Id,
  dataset: Type.String(),
  digest: Type.String({ description: "SHA-256 of the file" }),
  bytes: Type.Integer(),
  detection: DetectionSchema,
  createdAt: Instant,
  createdBy: Type.String(),
});

export const VersionBody = Type.Object(
  {
    upload: Id,
    columns: Type.Optional(
      Type.Array(ColumnSchema, {
        minItems: 1,
        maxItems: COLUMN_LIMIT,
        description: "Columns to keep, with their types and rules; all of them as detected when absent",
      }),
    ),
    maxRejectedShare: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: "Above it the version does not pass; 0.05 when absent" }),
    ),
  },
  { additionalProperties: false },
);

export const DatasetSchema = Type.Object({
  name: Type.String(),
  versions: Type.Integer(),
  current: Type.Union([Type.Integer(), Type.Null()], { description: "The newest version that passed its rules" }),
});

export const VersionSchema = Type.Object({
  dataset: Type.String(),
  version: Type.Integer(),
  digest: Type.String({ description: "SHA-256 of the file that it was made of" }),
  bytes: Type.Integer(),
  columns: Type.Array(ColumnSchema),
  report: QualityReportSchema,
  createdAt: Instant,
  createdBy: Type.String(),
});

export const ExportQuery = Type.Object(
  { format: Type.Optional(Type.Enum(["csv", "parquet"])) },
  { additionalProperties: false },
);

const Reference = { dataset: DatasetName, version: Type.Optional(VersionNumber) };

export const QueryBody = Type.Object(
  {
    sql: Type.String({ minLength: 1, maxLength: 100_000, description: "One SELECT over the datasets" }),
    datasets: Type.Array(
      Type.Object(
        { ...Reference, as: Type.Optional(Type.String({ pattern: DATASET_NAME_PATTERN })) },
        { additionalProperties: false },
      ),
      { maxItems: 16, description: "The tables of the statement; known by their name, or by `as`" },
    ),
    limit: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_PAGE_ROWS, description: "Rows of the first page" })),
  },
  { additionalProperties: false },
);

export const PageQuery = Type.Object(
  {
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE_ROWS })),
  },
  { additionalProperties: false },
);

export const ResultSchema = Type.Object({
  id: Id,
  columns: Type.Array(NamedTypeSchema),
  rows: Type.Array(Row, {
    description: "Whole numbers above 2^53, decimals and dates as text, so that nothing is lost",
  }),
  totalRows: Type.Integer(),
  elapsedMs: Type.Number(),
  expiresAt: Instant,
});

const Side = Type.Object(
  {
    ...Reference,
    where: Type.Optional(
      Type.String({ minLength: 1, maxLength: 10_000, description: "A condition in SQL on its rows" }),
    ),
  },
  { additionalProperties: false },
);

export const DriftBody = Type.Object(
  {
    reference: Side,
    current: Side,
    columns: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
        minItems: 1,
        maxItems: COLUMN_LIMIT,
        description: "All that both sides have when absent",
      }),
    ),
  },
  { additionalProperties: false },
);

export const DriftSchema = Type.Object({ columns: Type.Array(ColumnDriftSchema) });
