import { randomInt, randomUUID } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Bar } from "../../bench/bar.ts";
import type { CampaignOptions } from "../campaign.ts";
import { startMuster } from "./muster.ts";
import { kill, markedProcesses } from "./processes.ts";
import { type Acknowledged, writeUntilDead } from "./writer.ts";

const MODELS = fileURLToPath(new URL("../../apps/models/src/main.ts", import.meta.url));
const LATEST_KILL_MS = 6_000;
const SOONEST_KILL_MS = 500;
const START_LIMIT_MS = 30_000;
const GONE_WITHIN_MS = 15_000;

/** Who is killed: the command that the user sees, the server behind it, or everything, PostgreSQL included. */
const VICTIMS = ["command", "server", "everything"] as const;

/**
 * Kills `muster up` at random moments while evidence is written, starts it again on the same data,
 * and at the end looks for what was promised: nothing acknowledged is lost, the chain holds, every
 * start worked, every run ended one way, and no process is left.
 */
export async function torture({ smoke, report }: CampaignOptions): Promise<readonly Bar[]> {
  const rounds = smoke ? 3 : 100;
  const mark = `muster-torture-${randomUUID()}`;
  const folder = await mkdtemp(join(tmpdir(), `${mark}-`));
  // Open to the unprivileged user as which PostgreSQL runs, so that the cluster stays in here.
  await chmod(folder, 0o755);
  const config = join(folder, "muster.config.ts");
  await writeFile(config, configurationText(mark));
  const place = ["--config", config, "--data", join(folder, "data")];
  const env = { MUSTER_TORTURE: mark };
  const acknowledged: Acknowledged[] = [];
  const failedStarts: string[] = [];

  try {
    for (let round = 1; round <= rounds; round += 1) {
      const victim = VICTIMS[randomInt(VICTIMS.length)] ?? "everything";
      const muster = startMuster(["up", ...place, "--port", "0"], env);
      const writing = muster
        .printed(/http:\/\/\S+\/sign-in#token=[\w-]+/)
        .then((match) => (match ? writeUntilDead(match[0], (record) => acknowledged.push(record)) : undefined));
      // Now and then the start may finish first, so that a start which hangs cannot hide behind an early kill.
      const early = await Promise.race([
        round % (smoke ? 2 : 5) === 0
          ? startedAndMore(muster.printed(/sign-in#token=/))
          : delay(randomInt(LATEST_KILL_MS), "alive" as const),
        muster.ended.then((code) => `it ended by itself with ${code}` as const),
      ]);
      if (early !== "alive") failedStarts.push(`round ${round}: ${early}: ${muster.output().slice(-600)}`);
      await killVictim(victim, muster.child.pid as number, mark);
      await muster.ended;
      await writing;
      report(
        `${round}/${rounds} killed ${victim}; ${acknowledged.length} records acknowledged, ${failedStarts.length} failed starts`,
      );
    }

    const last = startMuster(["up", ...place, "--once"], env);
    const code = await last.ended;
    if (code !== 0 && code !== 1) failedStarts.push(`the last start exited with ${code}: ${last.output().slice(-600)}`);
    const verify = startMuster(["evidence", "verify", ...place], env);
    const intact = (await verify.ended) === 0;
    if (!intact) report(verify.output());
    const exported = join(folder, "evidence.jsonl");
    await startMuster(["evidence", "export", "--out", exported, ...place], env).ended;
    const { lost, halfRuns } = compare(await readFile(exported, "utf8"), acknowledged);
    const orphans = await untilGone(mark);
    for (const each of failedStarts) report(each);

    return [
      { bar: "kill.rounds", figure: rounds, unit: "kills", goal: smoke ? ">= 3" : ">= 100", ok: true },
      {
        bar: "kill.acknowledged",
        figure: acknowledged.length,
        unit: "records",
        goal: ">= 1",
        ok: acknowledged.length > 0,
      },
      { bar: "kill.lost", figure: lost, unit: "records", goal: "= 0", ok: lost === 0 },
      { bar: "kill.broken-chains", figure: intact ? 0 : 1, unit: "chains", goal: "= 0", ok: intact },
      { bar: "kill.half-runs", figure: halfRuns, unit: "runs", goal: "= 0", ok: halfRuns === 0 },
      {
        bar: "kill.failed-restarts",
        figure: failedStarts.length,
        unit: "starts",
        goal: "= 0",
        ok: failedStarts.length === 0,
      },
      { bar: "kill.orphans", figure: orphans.length, unit: "processes", goal: "= 0", ok: orphans.length === 0 },
    ];
  } finally {
    for (const pid of await markedProcesses(mark)) kill(pid);
    await rm(folder, { recursive: true, force: true });
  }
}

async function startedAndMore(started: Promise<unknown>): Promise<"alive" | "it did not start in time"> {
  const inTime = await Promise.race([started.then(() => true), delay(START_LIMIT_MS, false)]);
  if (!inTime) return "it did not start in time";
  // Never so early that nothing can have been acknowledged.
  await delay(SOONEST_KILL_MS + randomInt(LATEST_KILL_MS));
  return "alive";
}

/** Kills, then waits until whatever should notice has ended too, so that the next start finds a settled world. */
async function killVictim(victim: (typeof VICTIMS)[number], command: number, mark: string): Promise<void> {
  if (victim === "everything") {
    for (const pid of await markedProcesses(mark)) kill(pid);
    return;
  }
  if (victim === "command") {
    kill(command);
    return;
  }
  for (const pid of await markedProcesses(mark)) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes("server/src/main.ts")) kill(pid);
  }
  // Without a server yet, the command is what there is to kill.
  await delay(200);
  kill(command);
}

/** Looks in an export for what was acknowledged, and for runs that began and did not end in exactly one way. */
function compare(text: string, acknowledged: readonly Acknowledged[]): { lost: number; halfRuns: number } {
  const hashes = new Map<number, string>();
  const runs = new Map<string, string[]>();
  for (const line of text.split("\n").filter(Boolean)) {
    const { seq, hash, body } = JSON.parse(line) as {
      seq?: number;
      hash?: string;
      body?: { kind: string; run: string; milestone: string };
    };
    if (seq === undefined || hash === undefined || body === undefined) continue;
    hashes.set(seq, hash);
    if (body.kind === "run") runs.set(body.run, [...(runs.get(body.run) ?? []), body.milestone]);
  }
  return {
    lost: acknowledged.filter(({ seq, hash }) => hashes.get(seq) !== hash).length,
    halfRuns: [...runs.values()].filter((milestones) => milestones.length !== 2).length,
  };
}

async function untilGone(mark: string): Promise<readonly number[]> {
  const deadline = Date.now() + GONE_WITHIN_MS;
  let left = await markedProcesses(mark);
  while (left.length > 0 && Date.now() < deadline) {
    await delay(200);
    left = await markedProcesses(mark);
  }
  return left;
}

function configurationText(mark: string): string {
  return `export default ${JSON.stringify({
    service: { name: "models", title: "Models", owner: "torture" },
    environments: {
      staging: {
        process: { command: ["node", MODELS], env: { PORT: "{port}", MUSTER_TORTURE: mark } },
        load: { path: "/livez", ratePerSecond: 150, duration: "1s" },
        allow: ["audit", "load"],
      },
    },
    checks: [{ check: "http-availability" }, { check: "tls-encryption" }, { check: "error-rate" }],
    controls: [
      { id: "available", title: "Answers", checks: ["http-availability"] },
      { id: "encrypted", title: "Is encrypted", checks: ["tls-encryption"] },
      { id: "errors", title: "No errors under load", checks: ["error-rate"] },
    ],
    gates: { production: { environment: "staging", controls: "all" } },
  })};\n`;
}
