/**
 * The model platform under load. `muster load run examples/load/model-platform.load.ts` with, in the environment:
 *
 * - MODELS_URL: where the platform listens
 * - SCENARIO: one of the names below; `mixed` unless given
 * - RATE: iterations begun per second, 100 unless given; or USERS: users that begin again when they have finished
 * - FOR: how long, `30s` unless given
 * - MODELS_USER, MODELS_PASSWORD: for the scenarios that log in; a user made for this, never a person's
 */
import { defineLoad, defineScenario, type LoadModel, type Scenario, type User } from "@muster/load";

const env = process.env;
const MODEL = "/v2/models/penguins";
const COLUMNS = ["beak_length", "beak_depth", "flipper_length", "body_mass"];

/** The measurements of a bird that could be a penguin. */
function bird(user: User): number[] {
  const between = (low: number, high: number): number => Number((low + user.random() * (high - low)).toFixed(1));
  return [between(32, 60), between(13, 22), between(172, 230), between(2_700, 6_300)];
}

function tensor(rows: readonly number[][]): object {
  return {
    inputs: [{ name: "measurements", datatype: "FP32", shape: [rows.length, COLUMNS.length], data: rows.flat() }],
  };
}

async function predict(user: User, birds: number): Promise<void> {
  const rows = Array.from({ length: birds }, () => bird(user));
  const name = birds === 1 ? "predict one" : "predict a batch";
  const response = await user.http.post(`${MODEL}/infer`, tensor(rows), { name });
  user.check(response, {
    "is answered with 200": (seen) => seen.status === 200,
    "has a species for each bird": (seen) =>
      seen.json<{ outputs: { name: string; data: number[] }[] }>().outputs.find((each) => each.name === "species")?.data
        .length === birds,
  });
}

async function logIn(user: User): Promise<void> {
  const { MODELS_USER: name, MODELS_PASSWORD: password } = env;
  if (name === undefined || password === undefined) throw new Error("MODELS_USER and MODELS_PASSWORD are not set");
  const response = await user.http.post("/v1/session", { user: name, password }, { name: "log in" });
  user.check(response, { "is logged in": (seen) => seen.status === 201 });
  user.memory.set("logged in", response.status === 201);
}

async function health(user: User): Promise<void> {
  const live = await user.http.get("/livez");
  const ready = await user.http.get("/readyz");
  user.check(live, { "is live": (seen) => seen.status === 200 });
  user.check(ready, { "is ready": (seen) => seen.status === 200 });
}

async function session(user: User): Promise<void> {
  if (user.memory.get("logged in") !== true) await logIn(user);
  const response = await user.http.get("/v1/session", { name: "who am I" });
  user.check(response, { "knows me": (seen) => seen.status === 200 });
}

/** A table of birds as a CSV file, as somebody uploads it. */
async function upload(user: User): Promise<void> {
  const lines = Array.from({ length: 100 }, () => bird(user).join(","));
  const response = await user.http.post("/invocations?model=penguins", [COLUMNS.join(","), ...lines, ""].join("\n"), {
    name: "upload a table",
    headers: { "content-type": "text/csv" },
  });
  user.check(response, {
    "has a prediction for each row": (seen) => seen.json<{ predictions: unknown[] }>().predictions.length === 100,
  });
}

async function explore(user: User): Promise<void> {
  const response = await user.http.get(MODEL, { name: "describe the model" });
  user.check(response, { "is described": (seen) => seen.json<{ name: string }>().name === "penguins" });
}

/** What one user does who looks, tries one bird, thinks, and then sends a table. */
async function mixed(user: User): Promise<void> {
  await user.group("look", () => explore(user));
  await user.group("try", () => predict(user, 1));
  await user.think(100, 500);
  await user.group("work", async () => {
    await predict(user, 20);
    await upload(user);
  });
}

const SCENARIOS: Readonly<Record<string, (user: User) => Promise<void>>> = {
  health,
  login: logIn,
  session,
  single: (user) => predict(user, 1),
  batch: (user) => predict(user, 100),
  upload,
  explore,
  mixed,
};

function chosen(): Scenario {
  const name = env["SCENARIO"] ?? "mixed";
  const run = SCENARIOS[name];
  if (run === undefined) throw new Error(`SCENARIO must be one of ${Object.keys(SCENARIOS).join(", ")}`);
  return defineScenario({ name, run });
}

function model(): LoadModel {
  const duration = env["FOR"] ?? "30s";
  if (env["USERS"] !== undefined) return { users: Number(env["USERS"]), for: duration };
  return { arrivalsPerSecond: Number(env["RATE"] ?? 100), for: duration };
}

export default defineLoad({
  target: env["MODELS_URL"] ?? "http://127.0.0.1:8080",
  workloads: [{ scenarios: [chosen()], model: model() }],
  thresholds: ["p95 < 100ms", "errors < 1%", "checks > 99%"],
  timeout: "10s",
});
