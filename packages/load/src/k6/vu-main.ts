/** The thread of one virtual user of a k6 script: reads the script, and calls its functions when it is told to. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { workerData } from "node:worker_threads";
import type { Json } from "@muster/kernel";
import type { VuRun, VuStart } from "./messages.ts";
import { originsIn } from "./origins.ts";
import { say, takeEvents, vu } from "./vu-bridge.ts";

const MODULES: Readonly<Record<string, string>> = {
  k6: "./modules/k6.ts",
  "k6/http": "./modules/http.ts",
  "k6/metrics": "./modules/metrics.ts",
  "k6/data": "./modules/data.ts",
};

const start = workerData as VuStart;
const sources: string[] = [];
const environment: Record<string, string | undefined> = { ...process.env };

registerHooks({
  resolve(specifier, context, next) {
    const own = MODULES[specifier];
    if (own !== undefined) return { url: new URL(own, import.meta.url).href, shortCircuit: true };
    if (/^k6(?:\/|$)/.test(specifier)) {
      throw new Error(`"${specifier}" is not supported by muster; there are ${Object.keys(MODULES).join(", ")}`);
    }
    if (/^https?:/.test(specifier)) {
      throw new Error(`modules are not fetched from the network: save ${specifier} beside the script and import that`);
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith("file:") || url.startsWith(new URL("./", import.meta.url).href)) return next(url, context);
    if (url.includes("/node_modules/") || !/\.[jt]s$/.test(url)) return next(url, context);
    sources.push(readFileSync(fileURLToPath(url), "utf8"));
    // k6 knows modules only, whatever the package says in whose folder the script happens to lie.
    return next(url, url.endsWith(".js") ? { ...context, format: "module" } : context);
  },
});

/** What k6 puts into the global scope. */
const globals = {
  __VU: start.vu,
  __ITER: 0,
  __ENV: environment,
  open(path: string, mode?: string): string | ArrayBuffer {
    if (!vu.initialising)
      throw new Error("open() can be used only while the script is being read, outside of functions");
    const file = path.startsWith("file:") ? fileURLToPath(path) : resolve(dirname(start.script), path);
    const bytes = readFileSync(file);
    return mode === "b" ? new Uint8Array(bytes).buffer : bytes.toString("utf8");
  },
};
Object.assign(globalThis, globals);

try {
  const script = (await import(pathToFileURL(start.script).href)) as Readonly<Record<string, unknown>>;
  vu.initialising = false;
  start.port.on("message", (run: VuRun) => {
    void runOnce(script, run);
  });
  say({
    type: "ready",
    options: jsonOf(script["options"]),
    functions: Object.keys(script).filter((name) => typeof script[name] === "function"),
    metrics: vu.metrics,
    arrays: vu.arrays,
    origins: originsIn(sources, environment),
  });
} catch (error) {
  say({ type: "failed", message: error instanceof Error ? error.message : String(error) });
}

async function runOnce(script: Readonly<Record<string, unknown>>, run: VuRun): Promise<void> {
  Object.assign(globalThis, { __ITER: run.iteration, __ENV: { ...environment, ...run.env } });
  vu.prefix = "";
  vu.tags = run.tags;
  try {
    const work = script[run.exec] as (data: Json | undefined) => unknown;
    const result = await work(run.data);
    say({ type: "done", events: takeEvents(), result: jsonOf(result), error: undefined });
  } catch (thrown) {
    const { name, message } = thrown instanceof Error ? thrown : { name: "Error", message: String(thrown) };
    say({ type: "done", events: takeEvents(), result: undefined, error: { name, message } });
  }
}

function jsonOf(value: unknown): Json | undefined {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as Json);
}
