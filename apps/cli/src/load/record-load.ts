import { randomBytes } from "node:crypto";
import { userInfo } from "node:os";
import type { LoadFinding, LoadReport, LoadTestStore, NewLoadTest } from "@muster/contract";
import { toInstant } from "@muster/kernel";
import { withDatabase } from "../local/database.ts";
import { dataFolder } from "../local/place.ts";
import type { Io } from "../output/io.ts";
import type { RecordChoices } from "./record-options.ts";
import { followEvery, type LoadFollower } from "./load-follower.ts";

/** How often the console is told how a run goes, in ms. */
const EVERY_MS = 2_000;

/** Writes one load test down for the console. */
export interface LoadRecorder {
  /** For a run that goes on. */
  readonly follower: LoadFollower;
  finish(finding: LoadFinding): Promise<void>;
}

/** Does something with a recorder when one was asked for, and without one otherwise. */
export async function recorded<T>(
  choices: RecordChoices,
  test: Pick<NewLoadTest, "kind" | "name">,
  io: Io,
  work: (recorder: LoadRecorder | undefined) => Promise<T>,
): Promise<T> {
  if (!choices.record) return work(undefined);
  const data = (): string => dataFolder({ config: undefined, data: choices.data }, io);
  return withDatabase(data, io, ({ loadTests }) => work(recorderFor(loadTests, test, io)));
}

function recorderFor(store: LoadTestStore, test: Pick<NewLoadTest, "kind" | "name">, io: Io): LoadRecorder {
  const id = newId(io.now());
  let begun: Promise<void> | undefined;
  // What is loaded is known with the first figures, not before.
  const begin = async (target: string, at: number): Promise<void> => {
    begun ??= store.begin({ ...test, id, target, actor: userInfo().username }, toInstant(at));
    await begun.catch((error: unknown) => {
      begun = undefined;
      throw error;
    });
  };
  return {
    follower: followEvery(
      EVERY_MS,
      async (report: LoadReport, now: number) => {
        await begin(report.target, Date.parse(report.startedAt));
        await store.note(id, { kind: "run", report }, false, toInstant(now));
      },
      io,
    ),
    async finish(finding) {
      const now = io.now();
      const [target, startedAt] =
        finding.kind === "run" ? [finding.report.target, Date.parse(finding.report.startedAt)] : [finding.target, now];
      await begin(target, startedAt);
      await store.note(id, finding, true, toInstant(now));
      io.err(`recorded: ${id}\n`);
    },
  };
}

function newId(now: number): string {
  const time = toInstant(now).slice(0, 19).replaceAll(/[-:]/g, "");
  return `load-${time}-${randomBytes(3).toString("hex")}`;
}
