import type { AddressInfo } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { readBuiltinModels } from "./adapters/builtin/builtin-models.ts";
import { createPrometheusMetrics } from "./adapters/metrics/prometheus-metrics.ts";
import { createOnnxRuntime } from "./adapters/onnx/onnx-runtime.ts";
import type { Configuration } from "./configuration.ts";
import { serveModel } from "./domain/serving/served-model.ts";
import { createServingTable } from "./domain/serving/serving-table.ts";
import { createServer } from "./http/server.ts";

/** The platform while it runs. */
export interface Service {
  /** Base address without a slash at the end. */
  readonly url: string;
  /** Stops taking connections, answers what was accepted, frees the models. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Builds every part and listens. Models are loaded and warm when this resolves.
 * @throws {MusterError} when a model that comes with the platform cannot be served.
 */
export async function startService(configuration: Configuration, log: FastifyBaseLogger): Promise<Service> {
  const metrics = createPrometheusMetrics();
  const runtime = createOnnxRuntime({ threads: configuration.threads });
  const table = createServingTable();
  const app = await createServer({ table, metrics, log, maxBodyBytes: configuration.maxBodyBytes });
  for (const { card, artefact } of await readBuiltinModels(configuration.builtinModels)) {
    const session = await runtime.load(artefact);
    const model = await serveModel(session, card, {
      limits: configuration.limits,
      schedule: (flush) => void setImmediate(flush),
      observeBatch: (batched, report) => metrics.batch(batched, report),
    });
    table.add(model);
    log.info({ model: model.name, version: model.version, digest: model.digest }, "model serves");
  }
  await app.listen({ host: configuration.host, port: configuration.port });
  table.markReady();

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    table.markStopping();
    await app.close();
    await Promise.all(table.list().map((model) => model.close()));
  }

  return {
    url: urlOf(app.server.address() as AddressInfo),
    stop: () => (stopping ??= stop()),
  };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
