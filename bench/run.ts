import { readdir } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Bar, type Benchmark, CannotJudge } from "./bar.ts";

/** Share of the processors that may be at work just before or after a benchmark; above it, a shortfall says nothing. */
const BUSY_LIMIT = 0.3;
const USAGE = "usage: npm run bench -- <name> [--json] [--smoke]";

process.exitCode = await main(process.argv.slice(2));

/** Runs one benchmark. 0: every bar is reached; 1: one falls short; 2: usage; 3: the machine allowed no judgement. */
async function main(words: readonly string[]): Promise<number> {
  const known = await names();
  const asked = readArguments(words);
  if (!asked || !known.includes(asked.name)) {
    process.stderr.write(`${USAGE}\nbenchmarks: ${known.join(", ")}\n`);
    return 2;
  }
  const { name, json, smoke } = asked;
  const busyBefore = await busyShare(smoke ? 10 : 500);
  let bars: readonly Bar[];
  const leftOut: string[] = [];
  try {
    bars = await (
      await load(name)
    )({
      smoke,
      say: (text) => void process.stderr.write(`${text}\n`),
      leaveOut: (reason) => void leftOut.push(reason),
    });
  } catch (error) {
    process.stderr.write(`${error instanceof CannotJudge ? error.message : (error as Error).stack}\n`);
    return 3;
  }
  process.stdout.write(json ? bars.map((bar) => `${JSON.stringify(bar)}\n`).join("") : table(bars));
  for (const reason of leftOut) process.stderr.write(`left out: ${reason}\n`);
  if (smoke || bars.every((bar) => bar.ok)) return leftOut.length === 0 ? 0 : 3;
  const busy = Math.max(busyBefore, await busyShare(500));
  if (busy <= BUSY_LIMIT) return 1;
  process.stderr.write(`${Math.round(busy * 100)} % of the processors were busy with something else: no judgement\n`);
  return 3;
}

function readArguments(
  words: readonly string[],
): { readonly name: string; readonly json: boolean; readonly smoke: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { json: { type: "boolean", default: false }, smoke: { type: "boolean", default: false } },
    });
    const [name, ...rest] = positionals;
    return name === undefined || rest.length > 0 ? undefined : { name, ...values };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return undefined;
  }
}

async function names(): Promise<readonly string[]> {
  const entries = await readdir(import.meta.dirname, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function load(name: string): Promise<Benchmark> {
  const module = (await import(join(import.meta.dirname, name, "index.ts"))) as Record<string, Benchmark>;
  const exported = Object.values(module);
  const benchmark = exported[0];
  if (!benchmark || exported.length !== 1) throw new Error(`bench/${name}/index.ts must export one function`);
  return benchmark;
}

function table(bars: readonly Bar[]): string {
  const rows = bars.map(({ bar, figure, unit, goal, ok }) => [
    ok ? "ok   " : "SHORT",
    bar,
    figure.toLocaleString("en-GB"),
    unit,
    `goal ${goal}`,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === 2 ? cell.padStart(widths[2] ?? 0) : cell.padEnd(widths[column] ?? 0))).join("  ")}\n`,
    )
    .join("");
}

/** How much of the processors others use, looked at for a moment. */
async function busyShare(forMs: number): Promise<number> {
  const before = processorTimes();
  await delay(forMs);
  const after = processorTimes();
  const total = after.total - before.total;
  return total <= 0 ? 0 : 1 - (after.idle - before.idle) / total;
}

function processorTimes(): { readonly idle: number; readonly total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.idle + times.user + times.nice + times.sys + times.irq;
  }
  return { idle, total };
}
