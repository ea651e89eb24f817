import { createServer as createHttpServer, type Server } from "node:http";
import cookie from "@fastify/cookie";
import { TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import { MusterError } from "@muster/kernel";
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from "fastify";
import type { Metrics } from "../domain/observability/metrics.ts";
import type { LookupParts } from "../domain/serving/lookup.ts";
import type { Tracing } from "../domain/observability/tracing.ts";
import type { Activity } from "../domain/observability/activity.ts";
import type { Usage } from "../domain/observability/usage.ts";
import type { Predictor } from "../domain/serving/predictor.ts";
import { type GuardOptions, guardRoutes } from "./access/guard.ts";
import { createDoor, type DoorOptions } from "./admission/door.ts";
import { type AccessRouteOptions, accessRoutes } from "./access/routes.ts";
import { type CacheRouteOptions, cacheRoutes } from "./cache/routes.ts";
import { type DatasetRouteOptions, datasetRoutes } from "./datasets/routes.ts";
import { type EventRouteOptions, eventRoutes } from "./events/routes.ts";
import { answerRevalidations } from "./delivery/revalidation.ts";
import { errorSentence, prepareErrorAnswer, problemAnswer } from "./errors.ts";
import { graphqlRoutes } from "./graphql/routes.ts";
import { isOipAddress, oipRoutes, sendOipError } from "./oip/routes.ts";
import { type MonitoringRouteOptions, monitoringRoutes } from "./monitoring/routes.ts";
import { type JobRouteOptions, jobRoutes } from "./jobs/routes.ts";
import { describeApi } from "./openapi.ts";
import { operationsRoutes } from "./operations/routes.ts";
import { activityRoutes } from "./operations/activity-routes.ts";
import { usageRoutes } from "./operations/usage-routes.ts";
import { type RegistryRouteOptions, registryRoutes } from "./registry/routes.ts";
import { socketRoutes } from "./socket/routes.ts";
import { openWebSockets } from "./socket/web-sockets.ts";
import { rowRoutes } from "./rows/routes.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";
import { beginTrace } from "./tracing/traced.ts";

export interface ServerOptions extends LookupParts {
  readonly predictor: Predictor;
  /** Absent where answers are not remembered. */
  readonly cache: CacheRouteOptions | undefined;
  readonly metrics: Metrics;
  /** A sentence for each part that does not work and without which predictions are answered. */
  readonly degraded: () => readonly string[];
  readonly tracing: Tracing;
  readonly usage: Usage;
  readonly activity: Activity;
  readonly log: FastifyBaseLogger;
  /** Bytes of a request body at most. */
  readonly maxBodyBytes: number;
  readonly guard: GuardOptions;
  /** Who is let in under overload. */
  readonly admission: Pick<DoorOptions, "waitMs" | "now">;
  /** What needs a database; absent where the platform runs without one. */
  readonly control: ControlOptions | undefined;
}

/** Everything beside predictions. */
export interface ControlOptions {
  readonly access: AccessRouteOptions;
  readonly registry: RegistryRouteOptions;
  readonly datasets: DatasetRouteOptions;
  readonly jobs: JobRouteOptions;
  readonly events: EventRouteOptions;
  readonly monitoring: MonitoringRouteOptions;
}

/** Milliseconds in which a request must have arrived, an upload included, so that a slow sender cannot hold a connection for ever. */
const REQUEST_TIMEOUT = 300_000;
const HEADERS_TIMEOUT = 10_000;
/** Fastify's own; longer than the idle time of the usual load balancers, so that they close first. */
const KEEP_ALIVE_TIMEOUT = 72_000;

/** While closing, how often connections are looked for whose last answer is out. */
const LEFT_OPEN_MS = 50;

const METHODS: readonly HTTPMethods[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Puts the routes together. It does not listen. */
export async function createServer({
  table,
  load,
  predictor,
  cache,
  metrics,
  degraded,
  tracing,
  usage,
  activity,
  log,
  maxBodyBytes,
  guard,
  admission,
  control,
}: ServerOptions): Promise<FastifyInstance> {
  const door = createDoor({
    ...admission,
    metrics: metrics.admission,
    remembered: (token) => guard.authenticator?.remembered(token),
  });
  const app = Fastify({
    loggerInstance: log.child({}, { level: "warn" }),
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger for every request would be built for the few that fail; these name the request themselves.
    childLoggerFactory: (logger) => logger,
    bodyLimit: maxBodyBytes,
    serverFactory(handler) {
      const server: Server = createHttpServer(
        { headersTimeout: HEADERS_TIMEOUT, requestTimeout: REQUEST_TIMEOUT, keepAliveTimeout: KEEP_ALIVE_TIMEOUT },
        door.before(handler, () => server),
      );
      return server;
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 128 },
    genReqId: () => crypto.randomUUID(),
    // While closing, what comes in on open connections is still answered, with `connection: close`.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    // What is found wrong with an address before there is a route for it.
    frameworkErrors(error, request, reply) {
      const known = errorSentence(error, request);
      const prepared = prepareErrorAnswer(known, request, reply as FastifyReply).headers(SECURITY_HEADERS);
      if (isOipAddress(request.url)) sendOipError(known, request, prepared);
      else
        prepared.header("content-type", "application/problem+json").send(JSON.stringify(problemAnswer(known, request)));
    },
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(MALFORMED);
      else socket.destroy();
    },
  });

  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  await app.register(cookie);
  app.decorateRequest("span", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    beginTrace(tracing, request, reply);
    // Before a body is read that nobody waits for.
    done(request.is404 ? nothingThere(app, request, reply) : undefined);
  });
  // A connection that stayed open would keep the process from ending.
  let closing = false;
  app.addHook("preClose", (done) => {
    closing = true;
    // An answer that is on its way, such as a download, was not told that its connection ends with it.
    const timer = setInterval(() => app.server.closeIdleConnections(), LEFT_OPEN_MS);
    app.server.once("close", () => clearInterval(timer));
    done();
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (closing) void reply.header("connection", "close");
    done(null, payload);
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    metrics.request(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
    request.span?.end(request.method, route, reply.statusCode);
    usage.record(request.principal?.user ?? "-", `${request.method} ${route}`, reply.statusCode, reply.elapsedTime);
    done();
  });
  app.setErrorHandler((error, request, reply) => {
    const known = errorSentence(error, request);
    if (isOipAddress(request.url)) return sendOipError(known, request, reply);
    return prepareErrorAnswer(known, request, reply)
      .header("content-type", "application/problem+json")
      .send(problemAnswer(known, request));
  });

  await describeApi(app);
  guardRoutes(app, guard);
  answerRevalidations(app);
  await app.register(operationsRoutes, { table, metrics, degraded });
  await app.register(usageRoutes, { usage });
  await app.register(activityRoutes, { activity, table, now: () => guard.clock.now() });
  await app.register(oipRoutes, { table, load, predictor });
  await app.register(rowRoutes, { table, load, predictor });
  // After the routes that are asked most, so that they carry nothing of it.
  await openWebSockets(app, maxBodyBytes);
  await app.register(socketRoutes, { table, load, predictor, door });
  if (cache) await app.register(cacheRoutes, cache);
  if (control) {
    await app.register(accessRoutes, control.access);
    await app.register(registryRoutes, control.registry);
    await app.register(datasetRoutes, control.datasets);
    await app.register(jobRoutes, control.jobs);
    await app.register(eventRoutes, control.events);
    await app.register(monitoringRoutes, control.monitoring);
    await app.register(graphqlRoutes, {
      registry: control.registry.registry,
      shadow: control.registry.shadow,
      datasets: control.datasets.datasets,
      datasetStore: control.datasets.store,
      identities: control.access.store,
      cache: cache?.cache,
      usage,
      jobs: control.jobs.jobs,
      monitoring: control.monitoring.store,
      clock: guard.clock,
    });
  }
  app.get("/openapi.json", { config: { access: "public", kept: "public" }, schema: { hide: true } }, () =>
    app.swagger(),
  );
  await app.ready();
  return app;
}

/** Why there is no route for a request: no such address, or another method. */
function nothingThere(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): MusterError {
  const path = request.url.split("?", 1)[0] ?? "";
  const allowed = METHODS.filter((method) => app.findRoute({ method, url: path }) !== null);
  if (allowed.length === 0) return new MusterError("not-found", "there is nothing at this address");
  void reply.header("allow", allowed.join(", "));
  return new MusterError("method-not-allowed", `${request.method} is not allowed here; ${allowed.join(", ")} is`);
}

/** Answer to bytes that are not HTTP; written by hand, because there is no request to answer. */
const MALFORMED = [
  "HTTP/1.1 400 Bad Request",
  ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
  "connection: close",
  "content-length: 0",
  "",
  "",
].join("\r\n");
