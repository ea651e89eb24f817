/**
 * Replays readings of sensors as callers would ask about them, first indoors, where the model was trained, then
 * outdoors, and shows how the platform notices. Run by `npm run replay -w @muster/models`.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { seededRandom, shuffled } from "../training/random.ts";
import { startOwnPlatform } from "./own-platform.ts";

const HELP = `usage: npm run replay -w @muster/models -- [--url <address> --key <key>] [--window 2s] [--rate 300]

Without --url it starts a platform with a database of its own, and removes both at the end. On a platform of yours the
key needs the role operator; the settings of monitoring of the model sensor-anomaly are changed.
`;
const MODEL = "sensor-anomaly";
const FOLDER = new URL(`../models/${MODEL}/`, import.meta.url);
const ROWS_OF_REQUEST = 20;
/** Seconds for which the last windows are waited for. */
const PATIENCE_S = 30;

interface Reading {
  readonly values: readonly number[];
  readonly anomaly: number;
}

interface Truth {
  readonly id: string;
  readonly row: number;
  readonly value: number;
}

interface Window {
  readonly from: string;
  readonly verdict: string;
  readonly reason: string | null;
  readonly rows: number;
  readonly columns: readonly { readonly verdict: string; readonly reason: string }[];
}

interface Accuracy {
  readonly from: string;
  readonly figures: { readonly accuracy: { readonly hits: number; readonly total: number } } | null;
}

interface Alarm {
  readonly state: string;
  readonly reason: string;
  readonly raisedAt: string;
}

/** An answer as it was parsed; whoever asks knows its form from the API's document. */
type Call = (method: string, path: string, body?: unknown) => Promise<{ answer: unknown; headers: Headers }>;

function client(url: string, key: string): Call {
  return async (method, path, body) => {
    const current =
      method === "PUT" ? await fetch(url + path, { headers: { authorization: `Bearer ${key}` } }) : undefined;
    await current?.body?.cancel();
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(current ? { "if-match": current.headers.get("etag") ?? "" } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return { answer: JSON.parse(text) as unknown, headers: response.headers };
  };
}

async function readReadings(file: string): Promise<readonly Reading[]> {
  const [head = "", ...lines] = (await readFile(new URL(file, FOLDER), "utf8")).trimEnd().split("\n");
  const names = head.split(",");
  const [humidity, temperature, anomaly] = ["humidity", "temperature", "anomaly"].map((name) => names.indexOf(name));
  return lines.map((line) => {
    const cells = line.split(",").map(Number);
    return {
      values: [cells[humidity ?? -1] ?? 0, cells[temperature ?? -1] ?? 0],
      anomaly: cells[anomaly ?? -1] ?? 0,
    };
  });
}

/** Asks about readings in their order, so many a second; gives what turned out to be true of each. */
async function replay(call: Call, readings: readonly Reading[], rate: number): Promise<readonly Truth[]> {
  const truths: Truth[] = [];
  const begun = performance.now();
  for (let from = 0; from < readings.length; from += ROWS_OF_REQUEST) {
    const rows = readings.slice(from, from + ROWS_OF_REQUEST);
    const data = rows.flatMap(({ values }) => values);
    const inputs = [{ name: "reading", datatype: "FP32", shape: [rows.length, 2], data }];
    const { headers } = await call("POST", `/v2/models/${MODEL}/infer`, { inputs });
    const id = headers.get("muster-prediction-id");
    if (id !== null) truths.push(...rows.map(({ anomaly }, row) => ({ id, row, value: anomaly })));
    await delay(Math.max(0, begun + ((from + rows.length) / rate) * 1_000 - performance.now()));
  }
  return truths;
}

/** Says what each window said, as soon as it is judged. */
function watchWindows(call: Call, since: number): { look(): Promise<number> } {
  const shown = new Set<string>();
  let rows = 0;
  return {
    async look() {
      const { answer } = await call("GET", `/v1/models/${MODEL}/drift?limit=100`);
      for (const window of (answer as { windows: readonly Window[] }).windows.toReversed()) {
        if (Date.parse(window.from) < since || shown.has(window.from)) continue;
        shown.add(window.from);
        rows += window.rows;
        say(`${window.from.slice(11, 19)}  ${window.verdict.padEnd(7)}  ${String(window.rows).padStart(4)} rows`);
        for (const column of window.columns) if (column.verdict !== "good") say(`                   ${column.reason}`);
        if (window.reason !== null && window.rows > 0) say(`                   ${window.reason}`);
      }
      return rows;
    },
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    key: { type: "string" },
    window: { type: "string", default: "2s" },
    rate: { type: "string", default: "300" },
    help: { type: "boolean", default: false },
  },
});
const rate = Number(options.rate);
if (options.help || (options.url === undefined) !== (options.key === undefined) || !(rate > 0)) {
  process.stdout.write(HELP);
  process.exit(options.help ? 0 : 2);
}
const own = options.url === undefined ? await startOwnPlatform() : undefined;
try {
  const call = client((own?.url ?? options.url ?? "").replace(/\/$/, ""), own?.key ?? options.key ?? "");
  const begun = Date.now();
  await call("PUT", `/v1/models/${MODEL}/monitoring`, {
    samplePercent: 100,
    window: options.window,
    minimumRows: 100,
    reference: { card: true },
  });
  const windows = watchWindows(call, begun);
  const looking = setInterval(() => void windows.look().catch(() => undefined), 500);
  const [indoors, outdoors] = await Promise.all([readReadings("reference.csv"), readReadings("outdoors.csv")]);
  say(`replaying ${indoors.length} readings indoors, then ${outdoors.length} outdoors, ${rate} a second`);
  const truths = [
    // Mixed, because the day indoors as a whole is what the model was trained on.
    ...(await replay(call, shuffled(indoors, seededRandom(1)), rate)),
    ...(await replay(call, outdoors, rate)),
  ];
  const deadline = performance.now() + PATIENCE_S * 1_000;
  while ((await windows.look()) < truths.length && performance.now() < deadline) await delay(250);
  clearInterval(looking);

  for (let from = 0; from < truths.length; from += 10_000) {
    await call("POST", `/v1/models/${MODEL}/truth`, { truths: truths.slice(from, from + 10_000) });
  }
  const accuracy = await call("GET", `/v1/models/${MODEL}/accuracy?from=${new Date(begun).toISOString()}`);
  say("once the truth was told:");
  for (const { from, figures } of (accuracy.answer as { windows: readonly Accuracy[] }).windows.toReversed()) {
    if (figures) say(`${from.slice(11, 19)}  ${figures.accuracy.hits} of ${figures.accuracy.total} right`);
  }
  const { answer } = await call("GET", `/v1/alarms?model=${MODEL}`);
  const { alarms } = answer as { alarms: readonly Alarm[] };
  const open = alarms.filter(({ state, raisedAt }) => state !== "cleared" && Date.parse(raisedAt) >= begun);
  say(open.length > 0 ? `alarm: ${open.length} columns of ${MODEL} have moved` : `no alarm was raised for ${MODEL}`);
  for (const { reason } of open) say(`  ${reason}`);
  process.exitCode = open.length > 0 ? 0 : 1;
} finally {
  await own?.close();
}
