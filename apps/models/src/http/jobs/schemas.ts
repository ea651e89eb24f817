import { Type } from "typebox";
import { COLUMN_LIMIT } from "../../domain/dataset/column-type.ts";
import { DATASET_NAME_PATTERN } from "../../domain/dataset/column.ts";
import { JOB_STATES, RESULT_FORMATS } from "../../domain/jobs/job.ts";
import { MODEL_NAME_PATTERN } from "../../domain/model/card.ts";
import { DATATYPES } from "../../domain/tensor/tensor.ts";
import { Instant } from "../answers.ts";

const strict = { additionalProperties: false } as const;
const Id = Type.String({ pattern: "^[0-9a-f-]{36}$" });
const ColumnName = Type.String({ minLength: 1, maxLength: 256 });
const Count = Type.Integer({ minimum: 0 });
const nullable = <const Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

export const JobParams = Type.Object({ job: Id });

export const JobBody = Type.Object(
  {
    model: Type.String({ pattern: MODEL_NAME_PATTERN }),
    version: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: "A version or an alias; the champion when absent" }),
    ),
    dataset: Type.String({ pattern: DATASET_NAME_PATTERN }),
    datasetVersion: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "The newest that passed its rules when absent" }),
    ),
    inputs: Type.Optional(
      Type.Record(Type.String({ maxLength: 256 }), Type.Array(ColumnName, { maxItems: COLUMN_LIMIT }), {
        description: "For each input of the model its columns, in order; found by their names where absent",
      }),
    ),
    carry: Type.Optional(
      Type.Array(ColumnName, {
        maxItems: COLUMN_LIMIT,
        description: "Columns that are in the result too; all when absent",
      }),
    ),
    format: Type.Optional(Type.Enum([...RESULT_FORMATS])),
    dryRun: Type.Optional(Type.Boolean({ description: "Only say what the job would do" })),
  },
  strict,
);

const planned = {
  model: Type.String(),
  version: Type.String({ description: "Fixed when the job was submitted, whatever the aliases name since" }),
  dataset: Type.String(),
  datasetVersion: Type.Integer(),
  format: Type.Enum([...RESULT_FORMATS]),
  inputs: Type.Array(
    Type.Object({ input: Type.String(), datatype: Type.Enum([...DATATYPES]), columns: Type.Array(Type.String()) }),
  ),
  outputs: Type.Array(Type.Object({ output: Type.String(), column: Type.String({ description: "Of the result" }) })),
  carry: Type.Array(Type.String()),
  errorColumn: Type.String({ description: "Column of the result that says why a row has no prediction" }),
  rowsTotal: Count,
};

export const PlanSchema = Type.Object(planned);

export const JobSchema = Type.Object({
  id: Id,
  user: Type.String(),
  state: Type.Enum([...JOB_STATES]),
  reason: nullable(Type.String({ description: "Why it failed" })),
  ...planned,
  rowsDone: Count,
  rowsFailed: Type.Integer({ minimum: 0, description: "Of those that are done, the ones without a prediction" }),
  rate: nullable(Type.Number({ description: "Rows a second" })),
  expectedEnd: nullable(Instant),
  createdAt: Instant,
  startedAt: nullable(Instant),
  endedAt: nullable(Instant),
  expiresAt: nullable(Type.String({ format: "date-time", description: "When the job and its result are deleted" })),
});

export const JobsQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum([...JOB_STATES])),
    model: Type.Optional(Type.String({ pattern: MODEL_NAME_PATTERN })),
    dataset: Type.Optional(Type.String({ pattern: DATASET_NAME_PATTERN })),
    user: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: "For operators; others see their own" }),
    ),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  },
  strict,
);

export const JobsSchema = Type.Object({ total: Count, jobs: Type.Array(JobSchema) });
