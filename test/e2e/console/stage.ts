import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  nodeSha256,
  openPool,
  openServiceDatabase,
  postgresIdentity,
  postgresLedger,
  postgresLiveEvents,
  postgresLoadTests,
  postgresRuns,
} from "@muster/adapters";
import { temporaryPostgres } from "@muster/adapters/testing";
import { signInPath } from "@muster/application";
import type { Catalog, CheckUnit, Configuration, LoadTestStore } from "@muster/contract";
import { type Evidence, MusterError, type Role, type Run, RUN_STEPS, toInstant, waitingSteps } from "@muster/kernel";
import {
  SAMPLE_CHECKS,
  SAMPLE_CONTROLS,
  sampleEvidence,
  sampleRun,
  sampleSteps,
  sampleWaiver,
} from "@muster/report/sample";
import { pino } from "pino";
import Type from "typebox";
import { SESSION_COOKIE } from "../../../apps/server/src/http/access.ts";
import { createApp } from "../../../apps/server/src/http/app.ts";
import { createServices } from "../../../apps/server/src/service/services.ts";
import { CONSOLE_FOLDER, freshBuild } from "./build.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The console served by the real server over a real PostgreSQL, with a past that was written beforehand. */
export interface Stage extends AsyncDisposable {
  readonly url: string;
  /** A fresh sign-in link for a user with a role. */
  link(role: Role): Promise<string>;
  /** A session of a user with a role, as the cookie that a browser would keep. */
  session(role: Role): Promise<Cookie>;
  /** Ends every session that was opened. */
  endSessions(): Promise<void>;
  /** Appends a waiver of a control, as somebody elsewhere would. */
  appendWaiver(control: string): Promise<void>;
  /** Appends what a run would find, by and by. */
  writeEvidence(run: Run): Promise<void>;
  /** Where load tests are kept, to write some as the command line does. */
  readonly loadTests: LoadTestStore;
  newestRun(): Promise<Run>;
  /** Breaks off every stream of changes. */
  dropStreams(): Promise<void>;
  /** Begins a run that goes on until {@link Stage.finishRun}. */
  beginRun(): Promise<Run>;
  /** Goes on with the run by one step. */
  advanceRun(run: Run): Promise<void>;
  finishRun(run: Run): Promise<void>;
}

/** A cookie for {@link openWindow}. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly url: string;
}

/** What was there before the page was opened. */
export interface Past {
  /** Finished runs; none for a ledger in which nothing was ever written. */
  readonly runs: number;
  /** Whether the service is a real model platform, started with a database of its own; without it there is none. */
  readonly platform?: boolean;
}

const declared: Configuration = {
  service: { name: "model-platform", title: "Model platform", owner: "platform team" },
  environments: { staging: { url: "http://127.0.0.1:1", allow: [] } },
  checks: SAMPLE_CHECKS.map((check) => ({ check: check.id })),
  controls: SAMPLE_CONTROLS.map(({ id, title, owner, checks, acceptWarnings }) => {
    return { id, title, owner, checks: [...checks], acceptWarnings };
  }),
  gates: { production: { title: "Production", environment: "staging", controls: "all" } },
};

/** The same with a platform that Muster starts, as `muster.config.ts` of this repository has it. */
const withPlatform: Configuration = {
  ...declared,
  environments: {
    staging: {
      process: {
        command: ["node", "apps/models/src/main.ts"],
        env: { PORT: "{port}", DATA_FOLDER: "{data}" },
        database: "models",
      },
      models: {},
      allow: [],
    },
  },
};

const ROOT = join(import.meta.dirname, "../../..");

const catalog: Catalog = {
  collectors: new Map(),
  checks: new Map(
    SAMPLE_CHECKS.map((check): [string, CheckUnit] => [
      check.id,
      {
        ...check,
        defaults: {},
        parameters: Type.Object({}),
        judge: () => ({ outcome: "unknown", summary: "the stage judges nothing" }),
      },
    ]),
  ),
};

/** Puts the stage up. What it serves is the console's build. */
export async function openStage(past: Past): Promise<Stage> {
  await freshBuild();
  const configuration = past.platform === true ? withPlatform : declared;
  const parts = new AsyncDisposableStack();
  const postgres = await temporaryPostgres();
  parts.defer(() => postgres.close());
  const pool = openPool(postgres.url);
  parts.defer(() => pool.end());
  const live = await postgresLiveEvents({ url: postgres.url, pool });
  parts.defer(() => live.close());
  const ledger = postgresLedger(pool);
  const runs = postgresRuns(pool);
  const loadTests = postgresLoadTests(pool);
  const identity = postgresIdentity(pool);
  const clock = { now: () => Date.now() };
  const randomToken = (): string => randomBytes(32).toString("base64url");
  const sessions: string[] = [];

  const folder = await mkdtemp(join(tmpdir(), "muster-stage-"));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const services = createServices({
    configuration,
    cwd: ROOT,
    folder,
    env: {},
    openDatabase: (name) => openServiceDatabase(postgres.ownerUrl, name),
    clock,
    onNotice: () => {},
    signal: new AbortController().signal,
  });
  parts.defer(() => services.stop());
  if (past.platform === true) await services.modelPlatform("staging");

  const append = async (
    evidence: readonly Evidence[],
    facts: ReadonlyMap<string, object> = new Map(),
  ): Promise<void> => {
    await ledger.append(
      evidence,
      [...facts].map(([digest, value]) => ({ digest, value: value as Record<string, never> })),
    );
  };
  const publish = async (run: Run): Promise<void> => live.publish({ type: "run.changed", run });
  const beginRun = async (): Promise<Run> => {
    const now = clock.now();
    const run: Run = {
      ...sampleRun(`run-${now}`, now),
      state: "running",
      steps: waitingSteps(),
    };
    const { finishedAt: _, summary: __, ...running } = run;
    await runs.start(running);
    await publish(running);
    return running;
  };

  const app = await createApp(
    {
      configuration,
      catalog,
      ledger,
      runs,
      loadTests,
      identity: {
        ...identity,
        async redeemLink(tokenHash, session, now) {
          const signedIn = await identity.redeemLink(tokenHash, session, now);
          if (signedIn) sessions.push(session.hash);
          return signedIn;
        },
      },
      live,
      clock,
      sha256: nodeSha256,
      randomToken,
      async startRun() {
        const newest = await runs.newest("model-platform", "staging");
        if (newest?.state === "running") throw new MusterError("run-active", `run ${newest.id} of staging goes on`);
        return beginRun();
      },
      modelPlatform: (environment) => services.modelPlatform(environment),
      async ping() {
        await pool.query("select 1");
      },
      consoleFolder: CONSOLE_FOLDER,
    },
    pino({ level: "silent" }),
  );
  parts.defer(() => app.close());

  const started = clock.now();
  if (past.runs > 0) await append([sampleWaiver(started - 50 * HOUR)]);
  for (let index = past.runs; index > 0; index -= 1) {
    const startedAt = started - 4 * MINUTE - (index - 1) * 7 * HOUR;
    const id = `run-${new Date(startedAt).toISOString().slice(0, 10)}-${index}`;
    const { evidence, facts } = sampleEvidence(id, startedAt, nodeSha256);
    await append(evidence, facts);
    if (index === 1) {
      const run = sampleRun(id, startedAt);
      await runs.start(run);
      await runs.finish(id, "completed", run.summary ?? "", run.finishedAt ?? run.startedAt);
    }
  }
  const url = await app.listen({ host: "127.0.0.1", port: 0 });

  const newLink = async (role: Role): Promise<string> => {
    const token = randomToken();
    const user = await identity.ensureUser({ name: role === "admin" ? "admin" : `a-${role}`, role });
    await identity.createLink(nodeSha256(token), user.name, toInstant(clock.now() + HOUR));
    return token;
  };

  return {
    url,
    link: async (role) => `${url}${signInPath(await newLink(role))}`,
    async session(role) {
      const [token, secret, now] = [await newLink(role), randomToken(), clock.now()];
      const session = { hash: nodeSha256(secret), expiresAt: toInstant(now + HOUR) };
      await identity.redeemLink(nodeSha256(token), session, toInstant(now));
      sessions.push(session.hash);
      return { name: SESSION_COOKIE, value: secret, url };
    },
    async endSessions() {
      for (const session of sessions.splice(0)) await identity.endSession(session);
    },
    async appendWaiver(control) {
      const at = clock.now();
      const waiver = sampleWaiver(at);
      await append([{ ...waiver, id: `waiver/staging/${control}/${at}`, control } as Evidence]);
    },
    async writeEvidence(run) {
      const { evidence, facts } = sampleEvidence(run.id, Date.parse(run.startedAt), nodeSha256);
      await append([{ ...sampleWaiver(clock.now()) }]);
      for (const each of evidence) await append([each], facts);
    },
    loadTests,
    async newestRun() {
      const run = await runs.newest("model-platform", "staging");
      if (!run) throw new Error("there was no run");
      return run;
    },
    async dropStreams() {
      for (const socket of app.websocketServer.clients) socket.terminate();
    },
    beginRun,
    async advanceRun(run) {
      const known = await runs.find(run.id);
      const done = known?.steps.filter((step) => step.state === "done").length ?? 0;
      const wanted = sampleSteps(done + 1);
      for (const step of wanted.slice(done, done + 2)) {
        const { id, title: _, ...news } = step;
        await publish(await runs.change(run.id, { step: id, ...news }));
      }
    },
    async finishRun(run) {
      for (const { id, title: _, ...news } of sampleSteps(RUN_STEPS.length)) {
        await runs.change(run.id, { step: id, ...news });
      }
      await publish(await runs.finish(run.id, "completed", "NOT READY", toInstant(clock.now())));
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Waits until something holds, looking often, and says what did not hold when the time is up. */
export async function eventually(what: string, holds: () => Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`within ${withinMs} ms it did not come about that ${what}`);
    await delay(25);
  }
}
