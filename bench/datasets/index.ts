import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryPostgres } from "@muster/adapters/testing";
import { createDuckdbEngine } from "../../apps/models/src/adapters/duckdb/duckdb-engine.ts";
import { readDataLimits } from "../../apps/models/src/domain/dataset/limits.ts";
import { type Call, createClient } from "../../apps/models/src/testing/client.ts";
import { firstAdminKey } from "../../apps/models/src/testing/platform-keys.ts";
import { startProcess } from "../../apps/models/src/testing/running-service.ts";
import { atMost, type Bar, type BenchOptions } from "../bar.ts";
import { memoryDuring } from "./memory.ts";
import { referenceDrift } from "./reference-drift.ts";
import { csvLine, delayOf, tableSql } from "./sample-rows.ts";

const MB = 1_000_000;
const ROUNDS = 7;
/** People read an answer before they ask again; the process that waits for the next question is ready by then. */
const PAUSE_MS = 500;

/** Data over HTTP as people use it: a file to an answer, a question over millions of rows, drift of a column. */
export async function datasets({ smoke, say }: BenchOptions): Promise<readonly Bar[]> {
  const csvBytes = smoke ? MB : 100 * MB;
  const rows = smoke ? 20_000 : 5_000_000;
  const rounds = smoke ? 1 : ROUNDS;
  const folder = await mkdtemp(join(tmpdir(), "muster-bench-datasets-"));
  const postgres = await temporaryPostgres();
  const service = await startProcess({ DATABASE_URL: postgres.ownerUrl.reveal(), DATA_FOLDER: join(folder, "data") });
  try {
    const token = await firstAdminKey(service);
    const call = createClient(service.url);
    const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
      const answer = await call(path, { token, body } satisfies Call);
      if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    };
    const upload = (dataset: string, file: string, type: string): Promise<string> =>
      send(service.url, `/v1/datasets/${dataset}/uploads`, { token, type }, file);
    const publish = async (dataset: string, file: string, type: string): Promise<void> => {
      await post(`/v1/datasets/${dataset}/versions`, { upload: await upload(dataset, file, type) });
    };
    const ask = (dataset: string, sql: string): Promise<unknown> =>
      post("/v1/queries", { sql, datasets: [{ dataset }], limit: 300 });

    const csv = join(folder, "rows.csv");
    const csvRows = await writeCsv(csv, csvBytes);
    say(`memory of the service while it takes ${csvBytes / MB} MB of CSV`);
    const memory = await memoryDuring(service.process.pid ?? 0, () => upload("memory", csv, "text/csv"));
    say(`${csvBytes / MB} MB of CSV, ${csvRows} rows, from the first byte to the first answer`);
    const arrivals = await timed(smoke ? 1 : 3, async (round) => {
      await publish(`arrivals_${round}`, csv, "text/csv");
      await ask(`arrivals_${round}`, `select count(*) from arrivals_${round}`);
    });

    say(`${rows} rows as Parquet`);
    const parquet = join(folder, "rows.parquet");
    await writeParquet(folder, parquet, rows);
    await publish("flights", parquet, "application/vnd.apache.parquet");
    say(`group by, ${rounds} times`);
    const grouped = await timed(rounds, () =>
      ask(
        "flights",
        "select airport, count(*) as flights, avg(delay) as mean, quantile_cont(delay, 0.95) as late from flights group by airport order by flights desc",
      ),
    );
    say(`drift of one column, ${rounds} times`);
    const half = rows / 2;
    let found: unknown;
    const drifted = await timed(rounds, async () => {
      found = await post("/v1/drift", {
        reference: { dataset: "flights", where: `id < ${half}` },
        current: { dataset: "flights", where: `id >= ${half}` },
        columns: ["delay"],
      });
    });
    say("the same from the numbers themselves, in plain loops");
    const difference = largestDifference(found, referenceDrift(half, rows, delayOf));

    return [
      atMost("datasets.csv-to-answer", arrivals / 1_000, "s", 3),
      atMost("datasets.upload-growth", memory.peak - memory.before, "MB", 120),
      atMost("datasets.upload-peak", memory.peak, "MB", 320),
      atMost("datasets.group-by", grouped, "ms", 200),
      atMost("datasets.drift", drifted, "ms", 100),
      atMost("datasets.drift-difference", difference, "relative", 1e-10),
    ];
  } finally {
    await service.stop();
    await postgres.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The median of some rounds, in milliseconds; a round before them, which is not counted, finds everything warm. */
async function timed(rounds: number, work: (round: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const begun = performance.now();
    await work(round);
    times.push(performance.now() - begun);
    await delay(PAUSE_MS);
  }
  const counted = times.slice(1).toSorted((a, b) => a - b);
  return counted[Math.floor(counted.length / 2)] ?? Number.NaN;
}

async function send(
  url: string,
  path: string,
  { token, type }: { readonly token: string; readonly type: string },
  file: string,
): Promise<string> {
  const { hostname, port } = new URL(url);
  const headers = { "content-type": type, authorization: `Bearer ${token}` };
  const sent = request({ hostname, port, method: "POST", path, headers });
  const answered = once(sent, "response") as Promise<[IncomingMessage]>;
  createReadStream(file, { highWaterMark: 262_144 }).pipe(sent);
  const [response] = await answered;
  const body = JSON.parse(Buffer.concat((await response.toArray()) as Buffer[]).toString()) as { id?: string };
  if (response.statusCode !== 201 || body.id === undefined) throw new Error(`${path}: ${JSON.stringify(body)}`);
  return body.id;
}

async function writeCsv(path: string, bytes: number): Promise<number> {
  const file = await open(path, "w");
  let row = 0;
  let written = 0;
  let block = "id,day,airport,delay,distance\n";
  while (written < bytes) {
    while (block.length < MB / 2) block += csvLine(row++);
    written += (await file.write(block)).bytesWritten;
    block = "";
  }
  await file.close();
  return row;
}

async function writeParquet(folder: string, target: string, rows: number): Promise<void> {
  const limits = readDataLimits((_name, fallback) => fallback);
  const engine = createDuckdbEngine(
    { ...limits, queryTimeoutMs: 60_000, queryMemoryBytes: 1_024 * MB },
    join(folder, "program"),
  );
  try {
    const result = join(folder, "rows.duckdb");
    await engine.query({ tables: [], sql: tableSql(rows), result, limit: 0 });
    await engine.export({ file: result, relation: "result", format: "parquet", target });
  } finally {
    await engine.close();
  }
}

/** Largest relative difference of what the platform said and what the reference says. */
function largestDifference(found: unknown, expected: ReturnType<typeof referenceDrift>): number {
  const [column] = (found as { columns: Record<string, unknown>[] }).columns;
  const { ks, chiSquare, psi, jensenShannon } = column as unknown as {
    ks: { statistic: number };
    chiSquare: { statistic: number };
    psi: number;
    jensenShannon: number;
  };
  const pairs = [
    [psi, expected.psi],
    [jensenShannon, expected.jensenShannon],
    [ks.statistic, expected.ks],
    [chiSquare.statistic, expected.chiSquare],
  ] as const;
  return Math.max(...pairs.map(([is, should]) => Math.abs(is - should) / Math.abs(should)));
}
