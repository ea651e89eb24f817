import { defineFacts, type FactsOf } from "@muster/contract";
import { Type } from "typebox";
import { FailureSchema } from "../../wire/failure.ts";

/** Which trick an origin plays on a server that compares origins carelessly. */
export const ORIGIN_KINDS = ["stranger", "null", "suffix", "prefix", "backquote", "insecure-twin"] as const;

/** Facts of asking the base address on behalf of pages of foreign origins. */
export const corsProbeFacts = defineFacts(
  "cors-probe",
  Type.Object({
    url: Type.String(),
    observedAt: Type.String(),
    /** Why there is nothing to see: the first request gave no answer. */
    failure: Type.Optional(FailureSchema),
    probes: Type.Array(
      Type.Object({
        kind: Type.Enum([...ORIGIN_KINDS]),
        origin: Type.String(),
        status: Type.Optional(Type.Integer()),
        /** Value of Access-Control-Allow-Origin. */
        allowOrigin: Type.Optional(Type.String()),
        /** Value of Access-Control-Allow-Credentials. */
        allowCredentials: Type.Optional(Type.String()),
        failure: Type.Optional(FailureSchema),
      }),
    ),
  }),
);

export type CorsProbe = FactsOf<typeof corsProbeFacts>;
