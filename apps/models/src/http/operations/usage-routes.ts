import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { MAX_USAGE_HOURS, type Usage, USAGE_GROUPS } from "../../domain/observability/usage.ts";
import { answers, Instant } from "../answers.ts";

const Count = Type.Integer({ minimum: 0 });
const Milliseconds = Type.Number({ minimum: 0 });
const RowSchema = Type.Object({
  caller: Type.Union([Type.String(), Type.Null()], { description: "Null where several are counted together" }),
  route: Type.Union([Type.String(), Type.Null()]),
  hour: Type.Union([Instant, Type.Null()]),
  calls: Count,
  refused: Type.Integer({ minimum: 0, description: "Answers with 4xx" }),
  limited: Type.Integer({ minimum: 0, description: "Of those, the ones with 429" }),
  failed: Type.Integer({ minimum: 0, description: "Answers with 5xx" }),
  p50: Milliseconds,
  p95: Milliseconds,
  p99: Milliseconds,
  max: Milliseconds,
});

/** Who calls what, how often and how slow. */
export async function usageRoutes(plain: FastifyInstance, { usage }: { readonly usage: Usage }): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  app.get(
    "/v1/usage",
    {
      config: { access: { role: "admin", scope: "read" } },
      schema: {
        tags: ["Operations"],
        summary: "Calls, refusals, failures and times by caller, route or hour, on this replica",
        querystring: Type.Object(
          {
            hours: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_USAGE_HOURS, description: "1 when absent" })),
            by: Type.Optional(Type.Enum([...USAGE_GROUPS], { description: "What is counted together" })),
            caller: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
            route: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "GET /v1/models" })),
          },
          { additionalProperties: false },
        ),
        response: answers(200, Type.Array(RowSchema)),
      },
    },
    ({ query: { hours = 1, ...question } }) => [...usage.rows({ hours, ...question })],
  );
}
