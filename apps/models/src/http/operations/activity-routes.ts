import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { MusterError, toInstant } from "@muster/kernel";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { MODEL_NAME_PATTERN } from "../../domain/model/card.ts";
import { type Activity, MAX_ACTIVITY_MINUTES, WINDOW_MS } from "../../domain/observability/activity.ts";
import type { ServingTable } from "../../domain/serving/serving-table.ts";
import { answers, Instant } from "../answers.ts";

const Count = Type.Integer({ minimum: 0 });
const Milliseconds = Type.Optional(Type.Number({ minimum: 0 }));
const DEFAULT_MINUTES = 15;

const ActivitySchema = Type.Object({
  model: Type.String(),
  windowMs: Type.Integer({ description: "Length of a window" }),
  since: Type.String({ format: "date-time", description: "Counting began then; nothing is known of before" }),
  until: Type.String({ format: "date-time", description: "The end of the last complete window" }),
  versions: Type.Array(
    Type.Object({
      version: Type.String(),
      windows: Type.Array(
        Type.Object({
          at: Instant,
          answered: Count,
          rows: Count,
          cached: Count,
          refused: Type.Integer({ minimum: 0, description: "The inputs did not fit" }),
          failed: Count,
          p50: Milliseconds,
          p95: Milliseconds,
          max: Milliseconds,
        }),
      ),
    }),
  ),
});

/** What a model did lately. */
export async function activityRoutes(
  plain: FastifyInstance,
  { activity, table, now }: { readonly activity: Activity; readonly table: ServingTable; readonly now: () => number },
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  app.get(
    "/v1/models/:model/activity",
    {
      config: { access: { role: "viewer", scope: "read" } },
      schema: {
        tags: ["Operations"],
        summary: "Predictions and their times in windows of ten seconds, by version, on this replica",
        params: Type.Object({ model: Type.String({ pattern: MODEL_NAME_PATTERN }) }),
        querystring: Type.Object({
          minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ACTIVITY_MINUTES })),
        }),
        response: answers(200, ActivitySchema),
      },
    },
    ({ params: { model }, query: { minutes = DEFAULT_MINUTES } }) => {
      if (!table.entry(model)) throw new MusterError("not-found", `no model is called "${model}"`);
      return {
        model,
        windowMs: WINDOW_MS,
        since: toInstant(activity.since),
        until: toInstant(Math.floor(now() / WINDOW_MS) * WINDOW_MS),
        versions: activity.windows(model, minutes).map(({ version, windows }) => ({
          version,
          windows: windows.map((window) => ({ ...window, at: toInstant(window.at) })),
        })),
      };
    },
  );
}
