import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { MAX_USAGE_HOURS, type Usage } from "../../domain/observability/usage.ts";
import { answers } from "../answers.ts";

const Count = Type.Integer({ minimum: 0 });
const Milliseconds = Type.Number({ minimum: 0 });
const RowSchema = Type.Object({
  caller: Type.String(),
  route: Type.String(),
  calls: Count,
  refused: Type.Integer({ minimum: 0, description: "Answers with 4xx" }),
  failed: Type.Integer({ minimum: 0, description: "Answers with 5xx" }),
  p50: Milliseconds,
  p95: Milliseconds,
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
        summary: "Calls, refusals, failures and times by caller and route, on this replica",
        querystring: Type.Object({ hours: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_USAGE_HOURS })) }),
        response: answers(200, Type.Array(RowSchema)),
      },
    },
    (request) => [...usage.rows(request.query.hours ?? 1)],
  );
}
