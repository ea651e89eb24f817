import { LoadTestDetailSchema, LoadTestPageSchema, LoadTestQuerySchema } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import Type from "typebox";
import type { App, AppSources } from "../app.ts";
import { answers } from "../problems.ts";

const PAGE_SIZE = 25;

/** What will break? Load tests that were recorded, and those that go on. */
export function loadTestRoutes(app: App, { loadTests, clock }: AppSources): void {
  app.get(
    "/api/v1/load-tests",
    {
      config: { role: "viewer" },
      schema: {
        summary: "Load tests, newest first",
        querystring: LoadTestQuerySchema,
        response: answers(200, LoadTestPageSchema),
      },
    },
    (request) => {
      const { limit = PAGE_SIZE, before } = request.query;
      return loadTests.page(limit, before, clock.now());
    },
  );
  app.get(
    "/api/v1/load-tests/:id",
    {
      config: { role: "viewer" },
      schema: {
        summary: "One load test with its course, and what the service can take",
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        response: answers(200, LoadTestDetailSchema),
      },
    },
    async (request) => {
      const found = await loadTests.find(request.params.id, clock.now());
      if (!found) throw new MusterError("not-found", `there is no load test ${request.params.id}`);
      return found;
    },
  );
}
