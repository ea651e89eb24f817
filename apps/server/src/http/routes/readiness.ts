import { readReadiness } from "@muster/application";
import { ReadinessSchema } from "@muster/contract";
import Type from "typebox";
import type { App, AppSources } from "../app.ts";
import { answers } from "../problems.ts";

const QuerySchema = Type.Object(
  { gate: Type.Optional(Type.String({ maxLength: 64 })) },
  { additionalProperties: false },
);

/** Can we ship? */
export function readinessRoutes(app: App, sources: AppSources): void {
  app.get(
    "/api/v1/readiness",
    {
      config: { role: "viewer" },
      schema: {
        summary: "Verdict of a gate, with every ground",
        querystring: QuerySchema,
        response: answers(200, ReadinessSchema),
      },
    },
    (request) => readReadiness(sources, request.query.gate),
  );
}
