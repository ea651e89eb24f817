import { readFile } from "node:fs/promises";
import { durationMs, type Json, MusterError } from "@muster/kernel";
import { multipart, type UploadFile } from "../http/multipart.ts";
import { Transport } from "../http/transport.ts";
import { rows, type Segment } from "../scenario/data-source.ts";
import type { LoadPlan, Scenario } from "../scenario/scenario.ts";
import type { HttpResponse } from "../user/http-response.ts";
import { type RequestBody, UserHttp } from "../user/user-http.ts";
import { DataExhausted, type User, type UserRecorder } from "../user/user.ts";
import type { K6Answer, K6Request, SharedArrayData, VuCall, VuEvent, VuReply } from "./messages.ts";
import { type K6Scenario, type K6Settings, k6Settings } from "./options.ts";
import { startVuThread, type VuReady, type VuServant, type VuThread } from "./vu-thread.ts";

/** How long requests may take that the script says nothing about, in ms: what k6 gives them. */
const TIMEOUT_MS = 60_000;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const THREAD = "k6 thread";

/** Whether a file is a script for k6: whether it imports a module of k6's. */
export async function isK6Script(file: string): Promise<boolean> {
  if (!/\.[cm]?[jt]s$/.test(file)) return false;
  const text = await readFile(file, "utf8").catch(() => "");
  return /^\s*(?:import|export)\b[^;"']*["']k6(?:\/[^"']*)?["']/m.test(text);
}

/**
 * A script for k6 as a plan. Each of its virtual users is a thread in which the script waits while the engine, which
 * counts and decides as for every plan, does what it asks for.
 *
 * @throws {MusterError} `load-plan-invalid` when the script cannot be read, or asks for what is not there.
 */
export async function k6Plan(file: string): Promise<LoadPlan> {
  const described = await describe(file);
  const settings = k6Settings(described, file);
  const origins = [...settings.allow.map((address) => new URL(address).origin), ...described.origins];
  const [target] = origins;
  if (target === undefined) {
    throw new MusterError(
      "load-plan-invalid",
      `${file} names no address that may be loaded: write one into the script as a text, into a variable of the environment that it reads, or into options: ext: { muster: { allow: ["http://…"] } }`,
    );
  }
  const threads = new VuThreads(file, described.arrays);
  const once = (exec: string, data: Json | undefined): Promise<Json | undefined> =>
    runOnce(file, exec, data, origins, settings);
  return {
    target,
    allow: origins,
    workloads: settings.scenarios.map((scenario) => ({
      scenarios: [scenarioOf(scenario, settings, threads)],
      model: scenario.model,
    })),
    thresholds: settings.thresholds,
    headers: settings.headers,
    insecure: settings.insecure,
    timeout: `${TIMEOUT_MS}ms`,
    ...(settings.gracefulStopMs === undefined ? {} : { gracefulStop: `${settings.gracefulStopMs}ms` as const }),
    // k6 keeps no trace of its own.
    sampleEvery: 0,
    prepare: (segment) => threads.prepare(segment, settings.scenarios),
    ...(described.functions.includes("setup") ? { setUp: async () => (await once("setup", undefined)) ?? null } : {}),
    ...(described.functions.includes("teardown")
      ? { tearDown: async (shared: Json | undefined) => void (await once("teardown", shared)) }
      : {}),
  };
}

async function describe(file: string): Promise<VuReady> {
  const thread = startVuThread(file, 0, undefined);
  try {
    return await thread.ready;
  } catch (error) {
    throw new MusterError("load-plan-invalid", `${file} cannot be run: ${(error as Error).message}`, { cause: error });
  } finally {
    thread.close();
  }
}

/** So many iterations for each virtual user. Whoever has had them waits for the others. */
class Turns {
  readonly #each: number;
  readonly #users: () => number;
  readonly #done = new Set<User>();
  readonly #all = Promise.withResolvers<void>();

  constructor(each: number, users: () => number) {
    this.#each = each;
    this.#users = users;
  }

  /** @throws {DataExhausted} when everybody has had theirs, or the run is over. */
  async take(user: User): Promise<void> {
    if (user.iteration < this.#each) return;
    this.#done.add(user);
    user.waited = true;
    if (this.#done.size >= this.#users()) this.#all.resolve();
    const stopped = new Promise<void>((resolve) => user.onStop(resolve));
    await Promise.race([this.#all.promise, stopped]);
    throw new DataExhausted("every virtual user has had its iterations");
  }
}

/** The threads of the virtual users of one worker, by the number of the user. */
class VuThreads {
  readonly #file: string;
  readonly #arrays: Readonly<Record<string, SharedArrayData>>;
  readonly #waiting = new Map<number, VuThread>();
  #segment: Segment = { index: 0, count: 1 };

  constructor(file: string, arrays: Readonly<Record<string, SharedArrayData>>) {
    this.#file = file;
    this.#arrays = arrays;
  }

  /** Starts the threads of the users that come first, so that the load does not wait for them. */
  async prepare(segment: Segment, scenarios: readonly K6Scenario[]): Promise<void> {
    this.#segment = segment;
    const { index, count } = segment;
    const users = scenarios.reduce((sum, scenario) => sum + this.usersOf(scenario), 0);
    for (let nth = 0; nth < users; nth += 1) this.#waiting.set(index + nth * count, this.#start(index + nth * count));
    await Promise.all([...this.#waiting.values()].map((thread) => thread.ready));
  }

  /** Virtual users of a scenario in this worker, at most. */
  usersOf({ mostUsers }: K6Scenario): number {
    return Math.max(0, Math.ceil((mostUsers - this.#segment.index) / this.#segment.count));
  }

  /** The thread of a user. It is ended with the user. */
  take(user: User): VuThread {
    const own = user.memory.get(THREAD) as VuThread | undefined;
    // A script that took too much memory, or ended its thread, begins again in another.
    if (own?.gone === false) return own;
    const thread = this.#waiting.get(user.id) ?? this.#start(user.id);
    this.#waiting.delete(user.id);
    user.memory.set(THREAD, thread);
    user.onStop(() => {
      thread.close();
      // Those that were never needed end with the first that was.
      for (const spare of this.#waiting.values()) spare.close();
      this.#waiting.clear();
    });
    return thread;
  }

  #start(id: number): VuThread {
    return startVuThread(this.#file, id + 1, this.#arrays);
  }
}

function scenarioOf(scenario: K6Scenario, settings: K6Settings, threads: VuThreads): Scenario {
  const { name, exec, env, tags, iterations, iterationsEach } = scenario;
  const turns = iterationsEach === undefined ? undefined : new Turns(iterationsEach, () => threads.usersOf(scenario));
  return {
    name,
    ...(iterations === undefined
      ? {}
      : {
          data: {
            turns: rows(
              Array.from({ length: iterations }, (_, nth) => nth),
              "unique",
            ),
          },
        }),
    async run(user) {
      if (iterations !== undefined) (user as unknown as { next(name: string): unknown }).next("turns");
      await turns?.take(user);
      const thread = threads.take(user);
      // Every iteration of k6's begins without cookies.
      user.http.cookies.clear();
      const { iteration, shared, recorder } = user;
      const data = shared ?? undefined;
      if (settings.counted.has("iterations")) recorder.count("iterations", 1);
      await thread.run(
        { exec, iteration, data, env, tags },
        new Servant(user.http, recorder, settings, (ms) => user.think(ms)),
      );
    },
  };
}

/** Runs a function of the script once, beside the load: its requests are not counted. */
async function runOnce(
  file: string,
  exec: string,
  data: Json | undefined,
  origins: readonly string[],
  settings: K6Settings,
): Promise<Json | undefined> {
  const transport = new Transport({
    allowedOrigins: new Set(origins),
    maxConnections: 100,
    connectTimeoutMs: TIMEOUT_MS,
    insecure: settings.insecure,
  });
  const http = new UserHttp({
    transport,
    base: new URL(origins[0] as string),
    headers: settings.headers,
    timeoutMs: durationMs(`${TIMEOUT_MS}ms`),
    maxBodyBytes: MAX_BODY_BYTES,
    prepared: new Map(),
    sampleTrace: () => undefined,
    record: () => {},
  });
  const nobody: UserRecorder = { check() {}, group() {}, count() {}, gauge() {}, trend() {} };
  const thread = startVuThread(file, 0, undefined);
  try {
    await thread.ready;
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const servant = new Servant(http, nobody, settings, pause);
    return await thread.run({ exec, iteration: 0, data: data ?? undefined, env: {}, tags: {} }, servant);
  } catch (error) {
    throw new MusterError("load-plan-invalid", `${exec}() of ${file} failed: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    thread.close();
    transport.close({ kind: "stopped", reason: `${exec} is over` });
  }
}

/** Does for a virtual user what its script asks for. */
class Servant implements VuServant {
  readonly #http: UserHttp;
  readonly #recorder: UserRecorder;
  readonly #settings: K6Settings;
  readonly #sleep: (ms: number) => Promise<void>;

  constructor(http: UserHttp, recorder: UserRecorder, settings: K6Settings, sleep: (ms: number) => Promise<void>) {
    this.#http = http;
    this.#recorder = recorder;
    this.#settings = settings;
    this.#sleep = sleep;
  }

  events(events: readonly VuEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case "check":
          this.#recorder.check(event.name, event.passed);
          break;
        case "group":
          this.#recorder.group(event.name, event.ms);
          break;
        case "metric":
          if (event.kind === "counter") this.#recorder.count(event.name, event.value);
          else if (event.kind === "gauge") this.#recorder.gauge(event.name, event.value);
          else this.#recorder.trend(event.name, event.value);
          break;
      }
    }
  }

  async call(call: VuCall): Promise<VuReply> {
    if (call.type === "sleep") {
      await this.#sleep(call.ms);
      return { type: "slept" };
    }
    const answers = await Promise.all(call.requests.map((request) => this.#send(request)));
    return { type: "answers", answers };
  }

  async #send(request: K6Request): Promise<K6Answer> {
    const { counted, systemTags, discardBodies } = this.#settings;
    if (counted.has("http_reqs")) this.#recorder.count("http_reqs", 1);
    const kind = request.body_type === "default" ? (discardBodies ? "none" : "text") : request.body_type;
    const redirects = request.redirects ?? this.#settings.redirects;
    const tags = {
      ...request.tags,
      ...(systemTags.has("name") ? { name: request.name ?? request.url } : {}),
      ...(systemTags.has("group") ? { group: groupPath(request.prefix) } : {}),
      ...(systemTags.has("method") ? { method: request.method } : {}),
    };
    this.#http.prefix = request.prefix;
    const response = await this.#http.request(request.method, request.url, bodyOf(request), {
      headers: request.headers,
      ...(Object.keys(tags).length === 0 ? {} : { tags }),
      ...(request.name === undefined ? {} : { name: request.name }),
      ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
      ...(redirects === undefined ? {} : { redirects }),
      discardBody: kind === "none",
    });
    return answerOf(response, kind);
  }
}

function bodyOf({ body }: K6Request): RequestBody | undefined {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return body;
  const fields: Record<string, string | UploadFile> = {};
  for (const [name, value] of Object.entries(body)) {
    fields[name] =
      typeof value === "string" ? value : { name: value.filename, type: value.contentType, content: value.data };
  }
  return multipart(fields);
}

function answerOf(response: HttpResponse, kind: "text" | "binary" | "none"): K6Answer {
  const { status, url, failure, serviceMs } = response;
  const body = kind === "none" ? null : kind === "binary" ? response.bytes() : response.text();
  return { status, url: url.href, fields: [...response.headers.entries()], body, durationMs: serviceMs, failure };
}

/** `a / b / ` as k6 writes it: `::a::b`. */
function groupPath(prefix: string): string {
  return prefix
    .split(" / ")
    .slice(0, -1)
    .map((name) => `::${name}`)
    .join("");
}
