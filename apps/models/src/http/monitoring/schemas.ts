import { Type } from "typebox";
import { DATASET_NAME_PATTERN } from "../../domain/dataset/column.ts";
import { ColumnDriftSchema } from "../../domain/dataset/drift.ts";
import { MODEL_NAME_PATTERN } from "../../domain/model/card.ts";
import { ALARM_STATES } from "../../domain/monitoring/alarm.ts";
import { settingsMembers, TruthSettingsSchema } from "../../domain/monitoring/settings.ts";
import { REFUSALS } from "../../domain/monitoring/truth.ts";
import { VERDICTS } from "../../domain/monitoring/verdict.ts";
import { Instant } from "../answers.ts";

const strict = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const MaybeNumber = Type.Union([Type.Number(), Type.Null()]);
const MaybeText = Type.Union([Type.String(), Type.Null()]);
const MaybeInstant = Type.Union([Instant, Type.Null()]);
const Side = Type.Enum(["input", "prediction"]);
const ModelName = Type.String({ pattern: MODEL_NAME_PATTERN });
const DatasetName = Type.String({ pattern: DATASET_NAME_PATTERN });

/** Truths of one request at most. */
const MAX_TRUTHS = 10_000;

export const ModelParams = Type.Object({ model: ModelName });
const AlarmId = Type.String({ pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" });
export const AlarmParams = Type.Object({ alarm: AlarmId });

const ReferenceRequest = Type.Union([
  Type.Object(
    { dataset: DatasetName, version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })) },
    { ...strict, description: "A version of a dataset; the current one when absent" },
  ),
  Type.Object(
    { card: Type.Literal(true) },
    { ...strict, description: "The data that the champion's card names, or that comes with a built-in model" },
  ),
  Type.Object(
    { from: Instant, to: Instant },
    { ...strict, description: "What was recorded in this time, kept as a dataset" },
  ),
]);

export const ChangeBody = Type.Object(
  {
    ...(Object.fromEntries(Object.entries(settingsMembers).map(([name, schema]) => [name, Type.Optional(schema)])) as {
      [Name in keyof typeof settingsMembers]: ReturnType<typeof Type.Optional<(typeof settingsMembers)[Name]>>;
    }),
    reference: Type.Optional(Type.Union([ReferenceRequest, Type.Null()])),
    truth: Type.Optional(Type.Union([TruthSettingsSchema, Type.Null()])),
  },
  strict,
);

export const SettingsSchema = Type.Object({
  model: Type.String(),
  ...settingsMembers,
  reference: Type.Union([Type.Object({ dataset: Type.String(), version: Type.Integer() }), Type.Null()]),
  truth: Type.Union([TruthSettingsSchema, Type.Null()]),
  columns: Type.Array(
    Type.Object({ side: Side, name: Type.String(), kind: Type.Enum(["number", "text"]), recorded: Type.Boolean() }),
    { description: "What is recorded of each row, unless it is excluded" },
  ),
  revision: Type.Integer(),
  changedAt: Instant,
  changedBy: Type.String(),
});

export const DriftQuery = Type.Object(
  {
    from: Type.Optional(Instant),
    before: Type.Optional(Type.String({ format: "date-time", description: "For the next page: `next` of this one" })),
    column: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "This column alone" })),
    bins: Type.Optional(Type.Boolean({ description: "With the counts of each range or value; without when absent" })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  strict,
);

const { verdict: _verdict, ...driftMembers } = ColumnDriftSchema.properties;
const Verdict = Type.Enum([...VERDICTS]);

const WindowSchema = Type.Object({
  from: Instant,
  to: Instant,
  verdict: Verdict,
  reason: MaybeText,
  version: Type.Union([Type.String(), Type.Null()], { description: "The one that answered most rows" }),
  rows: Count,
  otherRows: Type.Integer({ minimum: 0, description: "Rows of other versions, which were not compared" }),
  columns: Type.Array(Type.Object({ ...driftMembers, side: Side, verdict: Verdict, reason: Type.String() })),
});
const Next = Type.Union([Instant, Type.Null()], { description: "`before` of the next page; null on the last" });

export const DriftSchema = Type.Object({ model: Type.String(), windows: Type.Array(WindowSchema), next: Next });

export const AlarmQuery = Type.Object(
  {
    model: Type.Optional(ModelName),
    state: Type.Optional(Type.Enum([...ALARM_STATES])),
    after: Type.Optional(AlarmId),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  strict,
);

export const AlarmSchema = Type.Object({
  id: Type.String(),
  model: Type.String(),
  side: Side,
  column: Type.String(),
  state: Type.Enum([...ALARM_STATES]),
  reason: Type.String(),
  raisedAt: Instant,
  changedAt: Instant,
  clearedAt: MaybeInstant,
  acknowledgedAt: MaybeInstant,
  acknowledgedBy: MaybeText,
  note: MaybeText,
});
export const AlarmsSchema = Type.Object({
  alarms: Type.Array(AlarmSchema),
  next: Type.Union([Type.String(), Type.Null()], { description: "`after` of the next page; null on the last" }),
});

export const AcknowledgeBody = Type.Object(
  { note: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })) },
  strict,
);

const Told = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 64, description: "What Muster-Prediction-Id said" }),
    row: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1_000_000, description: "Row of the request, from 0; needed with several" }),
    ),
    value: Type.Union([Type.Number(), Type.String({ maxLength: 1_000 }), Type.Boolean()]),
  },
  strict,
);
export const TruthBody = Type.Object(
  { truths: Type.Array(Told, { minItems: 1, maxItems: MAX_TRUTHS }) },
  { ...strict, description: "Or text/csv with the columns id, value and, where needed, row" },
);

export const TruthReplySchema = Type.Object({
  accepted: Type.Integer({ minimum: 0, description: "New ones" }),
  repeated: Type.Integer({ minimum: 0, description: "Told before with the same value" }),
  late: Type.Integer({ minimum: 0, description: "Of the new ones, those whose window was judged already" }),
  refused: Count,
  refusals: Type.Array(
    Type.Object({
      id: Type.String(),
      row: Type.Union([Type.Integer(), Type.Null()]),
      why: Type.Enum([...REFUSALS]),
      message: Type.String(),
    }),
    { description: "The first 100" },
  ),
});

export const AccuracyQuery = Type.Object(
  {
    from: Type.Optional(Instant),
    before: Type.Optional(Instant),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  },
  strict,
);

const ShareSchema = Type.Object(
  { hits: Count, total: Count, share: Type.Union([Share, Type.Null()]), low: Share, high: Share },
  { description: "With its 95 % interval (Wilson)" },
);
const ConfusionSchema = Type.Object(
  { labels: Type.Array(Type.String()), counts: Type.Array(Type.Array(Count)) },
  { description: "Rows by actual, columns by predicted label" },
);
const FiguresSchema = Type.Union([
  Type.Object({
    kind: Type.Literal("class"),
    accuracy: ShareSchema,
    macroF1: MaybeNumber,
    confusion: ConfusionSchema,
  }),
  Type.Object({
    kind: Type.Literal("probability"),
    accuracy: ShareSchema,
    f1: MaybeNumber,
    confusion: ConfusionSchema,
    auc: MaybeNumber,
    logLoss: MaybeNumber,
  }),
  Type.Object({
    kind: Type.Literal("number"),
    mae: MaybeNumber,
    maeLow: MaybeNumber,
    maeHigh: MaybeNumber,
    rmse: MaybeNumber,
  }),
]);
export const AccuracySchema = Type.Object({
  model: Type.String(),
  windows: Type.Array(
    Type.Object({
      from: Instant,
      to: Instant,
      version: Type.String(),
      recorded: Type.Union([Count, Type.Null()], { description: "Rows; null where the records are deleted" }),
      told: Type.Integer({ minimum: 0, description: "Rows of which the truth is known" }),
      reckoned: Type.Integer({ minimum: 0, description: "Rows that the figures are reckoned from" }),
      figures: Type.Union([FiguresSchema, Type.Null()]),
    }),
  ),
  next: Next,
});

export const AgreementSchema = Type.Object({
  model: Type.String(),
  windows: Type.Array(
    Type.Object({
      from: Instant,
      to: Instant,
      champion: Type.String(),
      challenger: Type.String(),
      agreement: ShareSchema,
      largestDifference: MaybeNumber,
      failures: Type.Integer({ minimum: 0, description: "Requests that the challenger could not answer" }),
      skipped: Type.Integer({ minimum: 0, description: "Requests that were left out, because it was behind" }),
    }),
  ),
  next: Next,
});

export const DeleteQuery = Type.Object({ before: Type.Optional(Instant) }, strict);
export const DeletedSchema = Type.Object({ deleted: Type.Integer({ minimum: 0, description: "Requests" }) });
