import { defaultGate } from "@muster/application";
import { type Configuration, RunSchema } from "@muster/contract";
import { MusterError, toInstant } from "@muster/kernel";
import Type from "typebox";
import { caller } from "../access.ts";
import type { App, AppSources } from "../app.ts";
import { answers } from "../problems.ts";

const GateSchema = Type.Object(
  { gate: Type.Optional(Type.String({ maxLength: 64 })) },
  { additionalProperties: false },
);

/** Looking anew. */
export function runRoutes(app: App, sources: AppSources): void {
  app.post(
    "/api/v1/runs",
    {
      config: { role: "operator" },
      schema: { summary: "Start a run for a gate", body: GateSchema, response: answers(202, RunSchema) },
    },
    async (request, reply) => {
      const actor = caller(request).name;
      const run = await sources.startRun(actor, request.body.gate);
      await sources.identity.audit({
        at: toInstant(sources.clock.now()),
        actor,
        action: "run.started",
        detail: { run: run.id, environment: run.environment },
      });
      return reply.code(202).send(run);
    },
  );
  app.get(
    "/api/v1/runs/newest",
    {
      config: { role: "viewer" },
      schema: {
        summary: "The newest run of a gate's environment",
        querystring: GateSchema,
        response: answers(200, RunSchema),
      },
    },
    async (request) => {
      const { configuration } = sources;
      const name = request.query.gate ?? defaultGate(configuration);
      const gate: Configuration["gates"][string] | undefined = configuration.gates[name];
      if (!gate) throw new MusterError("not-found", `no gate is called "${name}"`);
      const run = await sources.runs.newest(configuration.service.name, gate.environment);
      if (!run) throw new MusterError("not-found", `${gate.environment} was never looked at`);
      return run;
    },
  );
  app.get(
    "/api/v1/runs/:id",
    {
      config: { role: "viewer" },
      schema: {
        summary: "One run",
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        response: answers(200, RunSchema),
      },
    },
    async (request) => {
      const run = await sources.runs.find(request.params.id);
      if (!run) throw new MusterError("not-found", `there is no run ${request.params.id}`);
      return run;
    },
  );
}
