import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { temporaryPostgres } from "@muster/adapters/testing";
import type { LoadReport } from "@muster/contract";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const PASSWORD = "petrel tarn quill mungo";

/** The names that the plan knows, all eight. */
export const SCENARIOS = ["health", "login", "session", "single", "batch", "upload", "analytics", "mixed"] as const;

/** The model platform with a database, in a process of its own. */
export interface Platform {
  readonly url: string;
  /** What the scenarios are given beside the address: a user with a password, and its key. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** What a scenario came to, and the envelope that was printed. */
export interface ScenarioRun {
  readonly report: LoadReport;
  readonly text: string;
}

/** Starts the platform with a database, and makes a user with a password and a key. Limits of rates are out of the way. */
export async function startPlatform(closing: AsyncDisposableStack): Promise<Platform> {
  const postgres = await temporaryPostgres();
  closing.defer(() => postgres.close());
  const folder = await mkdtemp(join(tmpdir(), "muster-scenarios-"));
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, [path("../../apps/models/src/main.ts")], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      EXIT_WITH_PARENT: "1",
      DATABASE_URL: postgres.ownerUrl.reveal(),
      DATA_FOLDER: folder,
      RATE_LOGIN: "1000",
      RATE_READ: "10000",
      RATE_WRITE: "10000",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  closing.defer(async () => {
    child.kill();
    await ended;
  });
  let token: unknown;
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      token ??= entry["token"];
      if (entry["msg"] === "listening") resolve(String(entry["url"]));
    });
    void ended.then(() => reject(new Error("the platform did not start")));
  });
  const post = (address: string, body: object, cookie = ""): Promise<Response> =>
    fetch(url + address, {
      method: "POST",
      headers: { "content-type": "application/json", cookie },
      body: JSON.stringify(body),
    });
  const opened = await post("/v1/session/link", { token, password: PASSWORD });
  const cookie = opened.headers.get("set-cookie")?.split(";", 1)[0];
  const made = await post("/v1/keys", { name: "load", scopes: ["predict", "read", "write"], days: 1 }, cookie);
  const key = ((await made.json()) as { token: string }).token;
  return { url, credentials: { MODELS_USER: "admin", MODELS_PASSWORD: PASSWORD, MODELS_KEY: key } };
}

/**
 * Runs one of the shipped scenarios by the command line.
 * @param given variables of the environment that the plan reads.
 */
export function runScenario(scenario: string, given: Readonly<Record<string, string>>): Promise<ScenarioRun> {
  const words = ["load", "run", path("../../examples/load/model-platform.load.ts"), "--workers", "1", "--json"];
  const env = { PATH: process.env["PATH"], SCENARIO: scenario, ...given };
  return new Promise((resolve, reject) => {
    const options = { env, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [path("../../apps/cli/bin/muster.js"), ...words], options, (_error, text, errors) => {
      const { data } = JSON.parse(text.slice(text.indexOf("{"))) as { data?: LoadReport };
      if (data === undefined) reject(new Error(text + errors));
      else resolve({ report: data, text });
    });
  });
}
