import { defineFacts, type FactsOf } from "@muster/contract";
import { Type } from "typebox";
import { FailureSchema } from "../../wire/failure.ts";

/** Facts of asking for files and pages that are often left open. Of their content only its kind is kept. */
export const exposureProbeFacts = defineFacts(
  "exposure-probe",
  Type.Object({
    url: Type.String(),
    observedAt: Type.String(),
    probes: Type.Array(
      Type.Object({
        path: Type.String(),
        /** What lies there if it is what it looks like. */
        kind: Type.String(),
        status: Type.Optional(Type.Integer()),
        bytes: Type.Optional(Type.Integer()),
        /** Whether the content is of that kind, beyond its mere presence. */
        recognised: Type.Optional(Type.Boolean()),
        /** A name beside it that cannot exist, asked where the content was recognised. */
        control: Type.Optional(Type.Object({ path: Type.String(), recognised: Type.Optional(Type.Boolean()) })),
        failure: Type.Optional(FailureSchema),
      }),
    ),
    /** Paths that were not asked because the time was up. */
    notAsked: Type.Array(Type.String()),
  }),
);

export type ExposureProbe = FactsOf<typeof exposureProbeFacts>;
