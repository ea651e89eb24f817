import Type from "typebox";
import type { App, AppSources } from "../app.ts";
import { answers } from "../problems.ts";

const StateSchema = Type.Object({ status: Type.Literal("ok") });

/** Probes for whoever keeps Muster itself alive, and the description of the API. */
export function probeRoutes(app: App, { ping }: AppSources): void {
  app.get(
    "/livez",
    { config: { role: "public" }, schema: { summary: "The process answers", response: answers(200, StateSchema) } },
    () => ({ status: "ok" }),
  );
  app.get(
    "/readyz",
    {
      config: { role: "public" },
      schema: { summary: "The database answers too", response: answers(200, StateSchema) },
    },
    async () => {
      await ping();
      return { status: "ok" };
    },
  );
  app.get("/api/openapi.json", { config: { role: "public" }, schema: { hide: true } }, () => app.swagger());
}
