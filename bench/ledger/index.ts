import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPool, postgresLedger } from "@muster/adapters";
import { temporaryPostgres } from "@muster/adapters/testing";
import type { Secret } from "@muster/kernel";
import { atLeast, type Bar, type BenchOptions, CannotJudge } from "../bar.ts";
import { writeEvidence } from "./write-evidence.ts";
import type { WriterOrder } from "./writer.ts";

const WRITERS = 8;
const PROCESSES = 4;
/** File system type of tmpfs on Linux (statfs(2)): it has no disk, so durable means nothing there. */
const TMPFS = 0x01021994;

/** How fast evidence is appended durably, by writers in one process and in several, and verified. */
export async function ledger({ smoke, say }: BenchOptions): Promise<readonly Bar[]> {
  const forMs = smoke ? 200 : 6_000;
  const postgres = await temporaryPostgres(await diskFolder());
  const pool = openPool(postgres.url);
  try {
    const evidence = postgresLedger(pool);
    await evidence.head();
    say(`${WRITERS} writers in one process, ${forMs} ms`);
    const one = await inOneProcess(evidence, forMs);
    say(`${WRITERS} writers in ${PROCESSES} processes, ${forMs} ms`);
    const several = await inProcesses(postgres.url, forMs);

    const written = one.records + several.records;
    say(`verifying ${written} records`);
    const begun = performance.now();
    const verdict = await evidence.verify();
    const seconds = (performance.now() - begun) / 1_000;
    if (!verdict.intact) throw new Error(`the chain is broken: ${verdict.break.reason}`);
    if (verdict.head.seq !== written) throw new Error(`${written} acknowledged, ${verdict.head.seq} there`);

    return [
      atLeast("ledger.append", one.records / one.seconds, "records/s", 2_000),
      atLeast("ledger.append-processes", several.records / several.seconds, "records/s", 2_000),
      atLeast("ledger.verify", written / seconds, "records/s", 50_000),
    ];
  } finally {
    await pool.end();
    await postgres.close();
  }
}

interface Written {
  readonly records: number;
  readonly seconds: number;
}

async function inOneProcess(evidence: ReturnType<typeof postgresLedger>, forMs: number): Promise<Written> {
  const begun = performance.now();
  const names = Array.from({ length: WRITERS }, (_, at) => `one-${at}`);
  const counts = await Promise.all(names.map((name) => writeEvidence(evidence, name, begun + forMs)));
  return { records: sum(counts), seconds: (performance.now() - begun) / 1_000 };
}

async function inProcesses(url: Secret, forMs: number): Promise<Written> {
  const children = Array.from({ length: PROCESSES }, () => fork(join(import.meta.dirname, "writer.ts")));
  try {
    await Promise.all(
      children.map(async (child, at) => {
        const names = Array.from({ length: WRITERS / PROCESSES }, (_, own) => `process-${at}-${own}`);
        child.send({ url: url.reveal(), names, forMs } satisfies WriterOrder);
        await answer(child);
      }),
    );
    const begun = performance.now();
    const counts = await Promise.all(
      children.map(async (child) => {
        child.send("go");
        return (await answer(child)) as number;
      }),
    );
    return { records: sum(counts), seconds: (performance.now() - begun) / 1_000 };
  } finally {
    for (const child of children) child.kill();
  }
}

async function answer(child: ChildProcess): Promise<unknown> {
  const [first] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`a writer ended with ${code}`))),
  ])) as unknown[];
  return first;
}

async function diskFolder(): Promise<string> {
  for (const folder of [tmpdir(), import.meta.dirname]) {
    if ((await statfs(folder)).type !== TMPFS) return folder;
  }
  throw new CannotJudge("every folder to write to is in memory, where nothing is durable");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
