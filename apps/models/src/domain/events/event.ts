import { type Static, type TObject, type TProperties, Type } from "typebox";

/** What events are about; the part of an event's type before the dot. */
export const TOPICS = ["model", "traffic", "dataset", "job", "drift", "cache"] as const;
export type Topic = (typeof TOPICS)[number];

const Name = Type.String();
const Version = Type.String({ description: "Of a model" });
const Number = Type.Integer({ minimum: 1, description: "Version of a dataset" });

function event<const Name extends `${Topic}.${string}`, Members extends TProperties>(type: Name, members: Members) {
  return Type.Object({ type: Type.Literal(type), ...members });
}

/** Every kind of change that is told, with what it carries. What is secret or large is asked for by its address. */
export const EVENTS = [
  event("model.version-added", { model: Name, version: Version }),
  event("model.version-deleted", { model: Name, version: Version }),
  event("model.alias-changed", { model: Name, alias: Name, version: Version, revision: Type.Integer() }),
  event("traffic.changed", { model: Name, canaryPercent: Type.Number(), shadowPercent: Type.Number() }),
  event("dataset.version-added", { dataset: Name, version: Number, passed: Type.Boolean() }),
  event("dataset.version-deleted", { dataset: Name, version: Number }),
  event("job.progress", {
    job: Type.String({ format: "uuid" }),
    user: Type.String({ description: "Whose job it is; only they and operators are told" }),
    state: Type.Enum(["queued", "running", "finished", "failed", "cancelled"]),
    rowsDone: Type.Integer({ minimum: 0 }),
    rowsTotal: Type.Integer({ minimum: 0 }),
  }),
  event("drift.alarm", {
    model: Name,
    version: Version,
    state: Type.Enum(["raised", "cleared"]),
    reasons: Type.Array(Type.String({ description: "A sentence that names the column and the size of the effect" })),
  }),
  event("cache.removed", {
    key: Type.Optional(Type.String()),
    tag: Type.Optional(Type.String()),
    pattern: Type.Optional(Type.String()),
  }),
] as const satisfies readonly TObject[];

/** A change that everybody who may know of it is told. */
export type PlatformEvent = Static<(typeof EVENTS)[number]>;

/** An event with its place in the stream. */
export type PlacedEvent = PlatformEvent & {
  /** Grows by one with each event, without gaps; what a reader resumes after. */
  readonly id: number;
  /** When it was told. */
  readonly at: string;
};

export function topicOf({ type }: PlatformEvent): Topic {
  // Every type begins with its topic and a dot; the schema's builder demands it.
  return type.slice(0, type.indexOf(".")) as Topic;
}
