import Type, { type Static } from "typebox";

/** Answer of `GET /api/v1/models`: the environments whose service is a model platform. */
export const ModelPlatformsSchema = Type.Array(
  Type.Object({
    environment: Type.String(),
    /** Milliseconds that the configuration allows for the 95th percentile under load, for a line in charts. */
    latencyLimitMs: Type.Optional(Type.Number()),
  }),
);
export type ModelPlatforms = Static<typeof ModelPlatformsSchema>;
