import { defineFacts, type FactsOf } from "@muster/contract";
import { Type } from "typebox";
import { FailureSchema } from "../../wire/failure.ts";

/** Facts of asking the readiness path once, as a load balancer does. */
export const readinessEndpointFacts = defineFacts(
  "readiness-endpoint",
  Type.Object({
    url: Type.String(),
    observedAt: Type.String(),
    status: Type.Optional(Type.Integer()),
    failure: Type.Optional(FailureSchema),
    totalMs: Type.Number({ minimum: 0 }),
  }),
);

export type ReadinessEndpoint = FactsOf<typeof readinessEndpointFacts>;
