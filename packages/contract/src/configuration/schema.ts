import { DURATION_PATTERN } from "@muster/kernel";
import Type, { type Static } from "typebox";
import { PERMISSIONS } from "../unit/collector.ts";

const strict = { additionalProperties: false } as const;
const Name = Type.String({
  pattern: "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$",
  description: "Lower-case letters, digits and hyphens",
});
const DurationText = Type.String({
  pattern: DURATION_PATTERN,
  description: "A whole number and ms, s, m, h or d: 500ms, 24h",
});
const Path = Type.String({ pattern: "^/", description: "A path on the service, starting with /" });

/** A process that Muster starts itself before it looks at the service. */
export const ProcessSchema = Type.Object(
  {
    command: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description:
        "Program and arguments; no shell. `{port}` becomes the free port that the service must listen on, `{data}` a folder of its own in Muster's data folder",
    }),
    env: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "Environment of the process, beside PATH; `{port}` and `{data}` as in command",
      }),
    ),
    database: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9-]{1,40}$",
        description:
          "A database of its own on Muster's embedded PostgreSQL, made where there is none; the process gets its address as DATABASE_URL. Where Muster works on another server, the address is taken from Muster's own environment, `DATABASE_URL_` and this name in capitals",
      }),
    ),
    readyWithin: Type.Optional(DurationText),
  },
  strict,
);

export const LoadSchema = Type.Object(
  {
    method: Type.Optional(Type.Enum(["GET", "POST"], { default: "GET" })),
    path: Path,
    body: Type.Optional(Type.Unknown({ description: "Sent as JSON" })),
    ratePerSecond: Type.Integer({ minimum: 1, maximum: 100_000 }),
    duration: DurationText,
  },
  strict,
);

/** Says that an environment's service is a model platform, which the console then operates. */
export const ModelPlatformSchema = Type.Object(
  {
    key: Type.Optional(
      Type.String({
        pattern: "^[A-Z][A-Z0-9_]{0,62}$",
        description:
          "Variable of Muster's environment that holds an API key of the platform. Not needed for a `process`, which gets the digest of a fresh key as OPERATOR_KEY_HASH",
      }),
    ),
  },
  strict,
);

export const EnvironmentSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({ pattern: "^https?://", description: "Base address; not needed where `process` is given" }),
    ),
    process: Type.Optional(ProcessSchema),
    path: Type.Optional(
      Type.String({
        pattern: "^/",
        description: "The resource whose answer is looked at, where that is not the base address itself",
      }),
    ),
    readiness: Type.Optional(Path),
    metrics: Type.Optional(Path),
    postgres: Type.Optional(
      Type.String({ minLength: 1, description: 'Connection string, or "muster" for Muster\'s own database' }),
    ),
    storage: Type.Optional(Type.String({ minLength: 1, description: "A folder whose disk is watched" })),
    models: Type.Optional(ModelPlatformSchema),
    load: Type.Optional(LoadSchema),
    allow: Type.Array(Type.Enum([...PERMISSIONS]), {
      description: "What may be done to this environment beyond looking at it",
    }),
  },
  strict,
);

export const PlannedCheckSchema = Type.Object(
  {
    check: Type.String({ minLength: 1, description: "Id of a check of the catalogue" }),
    with: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: "Parameters; the rest keep their defaults" }),
    ),
    freshFor: Type.Optional(DurationText),
  },
  strict,
);

export const ControlSchema = Type.Object(
  {
    id: Name,
    title: Type.String({ minLength: 1 }),
    owner: Type.Optional(Type.String({ minLength: 1 })),
    checks: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    acceptWarnings: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
);

export const GateSchema = Type.Object(
  {
    title: Type.Optional(Type.String({ minLength: 1 })),
    environment: Name,
    controls: Type.Union([Type.Literal("all"), Type.Array(Name, { minItems: 1 })]),
  },
  strict,
);

/** What `muster.config.ts` declares. */
export const ConfigurationSchema = Type.Object(
  {
    service: Type.Object(
      { name: Name, title: Type.String({ minLength: 1 }), owner: Type.String({ minLength: 1 }) },
      strict,
    ),
    environments: Type.Record(Type.String(), EnvironmentSchema, { minProperties: 1 }),
    checks: Type.Array(PlannedCheckSchema, { minItems: 1 }),
    controls: Type.Array(ControlSchema, { minItems: 1 }),
    gates: Type.Record(Type.String(), GateSchema, { minProperties: 1 }),
  },
  strict,
);

export type Configuration = Static<typeof ConfigurationSchema>;
export type EnvironmentConfiguration = Static<typeof EnvironmentSchema>;
export type ProcessConfiguration = Static<typeof ProcessSchema>;
