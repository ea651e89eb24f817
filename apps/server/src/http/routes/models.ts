import { type ModelPlatforms, ModelPlatformsSchema, ProblemSchema } from "@muster/contract";
import { MusterError, toInstant } from "@muster/kernel";
import type { FastifyReply } from "fastify";
import type { Readable } from "node:stream";
import Type from "typebox";
import { forward } from "../../models/forward.ts";
import { FORWARDED_ROUTES, type ForwardedRoute } from "../../models/forwarded-routes.ts";
import { platformsOf } from "../../models/platforms-of.ts";
import { caller } from "../access.ts";
import type { App, AppSources } from "../app.ts";
import { answers } from "../problems.ts";

const PREFIX = "/api/v1/models/:environment";
const READ_WITHIN_MS = 20_000;
/** Parts of an address: never empty, never `.` or `..`. */
const Part = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$" });

/** The way to the model platforms: a fixed list of their routes, with Muster's roles before and Muster's key behind. */
export async function modelRoutes(app: App, sources: AppSources): Promise<void> {
  app.get(
    "/api/v1/models",
    {
      config: { role: "viewer" },
      schema: { summary: "The model platforms of the configuration", response: answers(200, ModelPlatformsSchema) },
    },
    (): ModelPlatforms => platformsOf(sources.configuration),
  );
  // Bodies are passed on as they come; nothing of them is kept in memory.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  for (const route of FORWARDED_ROUTES) forwardRoute(app, sources, route);
}

function forwardRoute(app: App, sources: AppSources, route: ForwardedRoute): void {
  const names = [...route.path.matchAll(/:([a-z]+)/g)].map(([, name = ""]) => name);
  app.route<{ Params: Record<string, string>; Querystring: Record<string, string> }>({
    method: route.method,
    url: `${PREFIX}${route.path.replace(/^\/v[12]/, "")}`,
    config: { role: route.role, slowBody: route.within !== undefined },
    bodyLimit: Math.max(1, route.maxBody ?? 1),
    schema: {
      summary: `${route.summary} (of the environment's model platform)`,
      params: Type.Object({
        environment: Type.String({ maxLength: 64 }),
        ...Object.fromEntries(names.map((name) => [name, Part])),
      }),
      querystring: Type.Object(
        Object.fromEntries((route.query ?? []).map((name) => [name, Type.Optional(Type.String({ maxLength: 1_000 }))])),
        { additionalProperties: false },
      ),
      response: { default: ProblemSchema },
    },
    async handler(request, reply) {
      const { environment = "", ...parameters } = request.params;
      const path = route.path.replace(/:([a-z]+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ""));
      const query = new URLSearchParams(request.query).toString();
      const signal = AbortSignal.any([goneWith(reply), AbortSignal.timeout(route.within ?? READ_WITHIN_MS)]);
      const platform = await sources.modelPlatform(environment).catch((error: unknown) => {
        if (!(error instanceof MusterError) || error.code !== "service-start") throw error;
        // Its words hold the end of the service's log, which is for those who may read logs.
        request.log.warn({ err: error, environment }, "the model platform did not start");
        throw new MusterError(
          "platform-unreachable",
          `the platform of ${environment} does not start; Muster's log says why`,
        );
      });
      const answer = await forward(platform, {
        method: route.method,
        path: query === "" ? path : `${path}?${query}`,
        headers: request.headers,
        body: route.method === "GET" ? undefined : (request.body as Readable | undefined),
        maxBody: route.maxBody ?? 0,
        onBehalfOf: caller(request).name,
        signal,
      });
      if (route.audited !== undefined && (route.changedBy ?? answer.status) === answer.status) {
        await sources.identity.audit({
          at: toInstant(sources.clock.now()),
          actor: caller(request).name,
          action: route.audited,
          detail: { environment, ...parameters, ...request.query },
        });
      }
      return reply
        .code(answer.status)
        .headers(answer.headers)
        .send(answer.body ?? null);
    },
  });
}

/** Aborted when the caller goes away before the answer is out. */
function goneWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
