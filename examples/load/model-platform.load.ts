/**
 * The model platform under load. `muster load run examples/load/model-platform.load.ts` with, in the environment:
 *
 * - MODELS_URL: where the platform listens
 * - SCENARIO: one of the names below; `mixed` unless given
 * - RATE: iterations begun per second, 100 unless given; or USERS: users that begin again when they have finished
 * - FOR: how long, `30s` unless given
 * - MODELS_KEY: an API key of a user made for this, with the scopes predict, read and write; for `upload` and
 *   `analytics`, and for predictions where the platform does not take them from anybody
 * - MODELS_USER, MODELS_PASSWORD: the same user's, for `login` and `session`
 *
 * A platform without a database has neither users nor data sets: health, single, batch and mixed run there.
 */
import { defineLoad, defineScenario, type LoadModel, type PlanContext, type Scenario, type User } from "@muster/load";

const env = process.env;
const MODEL = "/v2/models/penguins";
const KEY = env["MODELS_KEY"];
/** The data set that `analytics` asks and `upload` sends files for. */
const DATASET = "load_test_penguins";
const SPECIES = ["adelie", "chinstrap", "gentoo"];
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
}

async function health(user: User): Promise<void> {
  const live = await user.http.get("/livez");
  const ready = await user.http.get("/readyz");
  user.check(live, { "is live": (seen) => seen.status === 200 });
  user.check(ready, { "is ready": (seen) => seen.status === 200 });
}

/** Asks with a session that is open already, as people do most of the time. Logging in is a scenario of its own. */
async function session(user: User): Promise<void> {
  const { cookie } = user.shared as { cookie: string };
  const response = await user.http.get("/v1/session", { name: "who am I", headers: { cookie } });
  user.check(response, { "knows me": (seen) => seen.status === 200 });
}

/** Birds as a CSV file, as somebody keeps them in a spreadsheet. */
function birdsCsv(birds: readonly (readonly number[])[]): string {
  const lines = birds.map((each, index) => [SPECIES[index % SPECIES.length], ...each].join(","));
  return [["species", ...COLUMNS].join(","), ...lines, ""].join("\n");
}

/** Sends a file and looks at what the platform sees in it. */
async function upload(user: User): Promise<void> {
  const birds = Array.from({ length: 100 }, () => bird(user));
  const response = await user.http.post(`/v1/datasets/${DATASET}/uploads`, birdsCsv(birds), {
    name: "upload a file",
    headers: { "content-type": "text/csv" },
  });
  user.check(response, {
    "is taken": (seen) => seen.status === 201,
    "has its columns detected": (seen) =>
      seen.json<{ detection: { columns: unknown[] } }>().detection.columns.length === COLUMNS.length + 1,
  });
}

/** Asks a question about the data set in SQL. */
async function analytics(user: User): Promise<void> {
  const heavier = Math.round(3_000 + user.random() * 2_000);
  const sql = `select species, count(*) as birds, avg(body_mass) as mean from birds where body_mass > ${heavier} group by species order by species`;
  const datasets = [{ dataset: DATASET, as: "birds" }];
  const response = await user.http.post("/v1/queries", { sql, datasets }, { name: "ask a question" });
  user.check(response, {
    "is answered": (seen) => seen.status === 201,
    "has a row for each species": (seen) => seen.json<{ rows: unknown[] }>().rows.length === SPECIES.length,
  });
}

async function explore(user: User): Promise<void> {
  const response = await user.http.get(MODEL, { name: "describe the model" });
  user.check(response, { "is described": (seen) => seen.json<{ name: string }>().name === "penguins" });
}

/** A table to be predicted at once, as MLflow's clients send it. */
async function table(user: User): Promise<void> {
  const lines = Array.from({ length: 100 }, () => bird(user).join(","));
  const response = await user.http.post("/invocations?model=penguins", [COLUMNS.join(","), ...lines, ""].join("\n"), {
    name: "predict a table",
    headers: { "content-type": "text/csv" },
  });
  user.check(response, {
    "has a prediction for each row": (seen) => seen.json<{ predictions: unknown[] }>().predictions.length === 100,
  });
}

/** What one user does who looks, tries one bird, thinks, and then sends a table. */
async function mixed(user: User): Promise<void> {
  await user.group("look", () => explore(user));
  await user.group("try", () => predict(user, 1));
  await user.think(100, 500);
  await user.group("work", async () => {
    await predict(user, 20);
    await table(user);
  });
}

const SCENARIOS: Readonly<Record<string, (user: User) => Promise<void>>> = {
  health,
  login: logIn,
  session,
  single: (user) => predict(user, 1),
  batch: (user) => predict(user, 100),
  upload,
  analytics,
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

/** Opens the session that `session` asks with. */
async function openSession(target: URL, signal: AbortSignal): Promise<{ cookie: string }> {
  const { MODELS_USER: name, MODELS_PASSWORD: password } = env;
  if (name === undefined || password === undefined) throw new Error("MODELS_USER and MODELS_PASSWORD are not set");
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ user: name, password });
  const response = await fetch(new URL("/v1/session", target), { method: "POST", headers, body, signal });
  const cookie = response.headers.get("set-cookie")?.split(";", 1)[0];
  if (cookie === undefined) throw new Error(`logging in answered ${response.status}: ${await response.text()}`);
  return { cookie };
}

/** Makes what a scenario needs beforehand, once for the run: a session, or the data set that is asked about. */
async function setUp({ target, signal }: PlanContext): Promise<{ cookie: string } | null> {
  const scenario = env["SCENARIO"];
  if (scenario === "session") return openSession(target, signal);
  if (scenario !== "upload" && scenario !== "analytics") return null;
  if (KEY === undefined)
    throw new Error(`MODELS_KEY is not set; "${scenario}" needs a user with the scopes read and write`);
  const send = async (path: string, type: string, body: string): Promise<Record<string, unknown>> => {
    const headers = { "content-type": type, authorization: `Bearer ${KEY}` };
    const response = await fetch(new URL(path, target), { method: "POST", headers, body, signal });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const birds = Array.from({ length: 1_000 }, (_, index) => [
    32 + (index % 28),
    13 + (index % 9),
    172 + (index % 58),
    2_700 + ((index * 37) % 3_600),
  ]);
  const { id } = await send(`/v1/datasets/${DATASET}/uploads`, "text/csv", birdsCsv(birds));
  await send(`/v1/datasets/${DATASET}/versions`, "application/json", JSON.stringify({ upload: id }));
  return null;
}

export default defineLoad({
  target: env["MODELS_URL"] ?? "http://127.0.0.1:8080",
  workloads: [{ scenarios: [chosen()], model: model() }],
  thresholds: ["p95 < 100ms", "errors < 1%", "checks > 99%"],
  timeout: "10s",
  // Those two are about the cookie of a session, which a key would take the place of.
  ...(KEY === undefined || ["login", "session"].includes(env["SCENARIO"] ?? "")
    ? {}
    : { headers: { authorization: `Bearer ${KEY}` } }),
  setUp,
});
