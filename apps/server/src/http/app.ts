import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import files from "@fastify/static";
import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import websocket from "@fastify/websocket";
import type { SignInSources } from "@muster/application";
import type { ReadinessSources } from "@muster/application";
import type { LiveEvents, LoadTestStore } from "@muster/contract";
import type { Run } from "@muster/kernel";
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type RawServerDefault } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { ModelPlatform } from "../models/platform.ts";
import { guardRoutes } from "./access.ts";
import { limitBodyTime } from "./body-time.ts";
import { answerProblems } from "./problems.ts";
import { consoleRoutes } from "./routes/console.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { liveRoutes } from "./routes/live.ts";
import { loadTestRoutes } from "./routes/load-tests.ts";
import { modelRoutes } from "./routes/models.ts";
import { probeRoutes } from "./routes/probes.ts";
import { readinessRoutes } from "./routes/readiness.ts";
import { runRoutes } from "./routes/runs.ts";
import { sessionRoutes } from "./routes/session.ts";
import { waiverRoutes } from "./routes/waivers.ts";

/** Everything that the routes work with. */
export interface AppSources extends ReadinessSources, SignInSources {
  readonly live: LiveEvents;
  readonly loadTests: LoadTestStore;
  /** Starts a run of a gate's environment on behalf of a user. @throws {MusterError} `run-active` */
  startRun(actor: string, gate?: string): Promise<Run>;
  /** The model platform of an environment. @throws {MusterError} `not-found`, `platform-refused`, `service-start` */
  modelPlatform(environment: string): Promise<ModelPlatform>;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  /** Folder of the built console. */
  readonly consoleFolder: string;
}

/** Fastify with schemas as types. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

const BODY_LIMIT_BYTES = 64 * 1024;
/** Of one address, behind which a whole team may be. A page that shows what happens asks some forty times a minute. */
const REQUESTS_PER_MINUTE = 1_200;

/** Builds the HTTP server: security headers, limits, access, then the routes. It does not listen yet. */
export async function createApp(sources: AppSources, log: Logger): Promise<App> {
  // Fastify takes the logger's own type into the application's; routes need no more of it than the base.
  const base: FastifyBaseLogger = log;
  const app: App = Fastify({
    loggerInstance: base,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT_BYTES,
    // The longest that an upload may take; what is no upload has less, by the limit on its body's time.
    requestTimeout: 600_000,
    forceCloseConnections: true,
  }).withTypeProvider<TypeBoxTypeProvider>();
  // Answers are validated by tests; at run time they are sent as they are, so that no member is dropped in silence.
  app.setSerializerCompiler(() => JSON.stringify);

  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // The console may stand behind a proxy that ends TLS; that proxy says for how long.
    hsts: false,
    referrerPolicy: { policy: "no-referrer" },
  });
  await app.register(cookie);
  await app.register(rateLimit, { max: REQUESTS_PER_MINUTE, timeWindow: "1 minute", enableDraftSpec: true });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Muster",
        version: "1",
        description: "Readiness from evidence: verdicts, the ledger, runs and waivers.",
        license: { name: "Apache-2.0" },
      },
      components: {
        securitySchemes: { session: { type: "apiKey", in: "cookie", name: "muster_session" } },
      },
      security: [{ session: [] }],
    },
  });
  await app.register(websocket, { options: { maxPayload: 1024 } });
  limitBodyTime(app);
  guardRoutes(app, sources);
  answerProblems(app);

  probeRoutes(app, sources);
  sessionRoutes(app, sources);
  readinessRoutes(app, sources);
  evidenceRoutes(app, sources);
  runRoutes(app, sources);
  waiverRoutes(app, sources);
  loadTestRoutes(app, sources);
  // In a scope of its own, because its bodies are not read.
  await app.register(async (scope) => modelRoutes(scope as App, sources));
  // The websocket plugin takes hold of routes that are registered after it, in a scope of their own.
  await app.register(async (scope) => liveRoutes(scope as App, sources));
  if (existsSync(sources.consoleFolder)) {
    await app.register(files, { root: sources.consoleFolder, serve: false });
    consoleRoutes(app, sources.consoleFolder);
  }
  return app;
}
