import { waive } from "@muster/application";
import { LedgerRecordSchema, WaiverRequestSchema } from "@muster/contract";
import { toInstant } from "@muster/kernel";
import { caller } from "../access.ts";
import type { App, AppSources } from "../app.ts";
import { answers } from "../problems.ts";

/** Accepting, for a while and by name, that a control is not met. */
export function waiverRoutes(app: App, sources: AppSources): void {
  app.post(
    "/api/v1/waivers",
    {
      config: { role: "approver" },
      schema: {
        summary: "Waive a control until an instant",
        body: WaiverRequestSchema,
        response: answers(201, LedgerRecordSchema),
      },
    },
    async (request, reply) => {
      const actor = caller(request).name;
      const record = await waive(request.body, actor, sources);
      const { control, environment, until } = request.body;
      await sources.identity.audit({
        at: toInstant(sources.clock.now()),
        actor,
        action: "waiver.granted",
        detail: { control, environment, until, record: record.seq },
      });
      return reply.code(201).send(record);
    },
  );
}
