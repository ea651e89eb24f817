import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Column } from "../../domain/dataset/column.ts";
import type { DataEngine, Hint, QueryAnswer } from "../../domain/dataset/data-engine.ts";
import type { Measures } from "../../domain/dataset/quality.ts";
import { type DataLimits, readDataLimits } from "../../domain/dataset/limits.ts";
import { rulesOf } from "../../domain/dataset/rules-of-columns.ts";
import { createDuckdbEngine } from "./duckdb-engine.ts";

const MIB = 1_048_576;
const LIMITS: DataLimits = { ...readDataLimits((_name, fallback) => fallback), queryMemoryBytes: 256 * MIB };

let folder: string;
let cache: string;
let engine: DataEngine;
let table: string;
let place = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "muster-engine-"));
  cache = await mkdtemp(join(tmpdir(), "muster-engine-cache-"));
  engine = createDuckdbEngine(LIMITS, cache);
  ({ table } = await ingested("csv", "id,name\n1,ann\n2,bob\n3,cyd\n"));
});
after(async () => {
  await engine.close();
  for (const each of [folder, cache]) await rm(each, { recursive: true });
});

function fresh(extension: string): string {
  place += 1;
  return join(folder, `${place}.${extension}`);
}

interface Ingested {
  readonly table: string;
  readonly report: Measures;
}

async function ingested(
  format: Hint["format"],
  content: string | Buffer,
  options: { readonly columns?: readonly Column[]; readonly csv?: Hint["csv"]; readonly engine?: DataEngine } = {},
): Promise<Ingested> {
  const source = fresh(format);
  const file = fresh("duckdb");
  await writeFile(source, content);
  const used = options.engine ?? engine;
  const detection = await used.detect(source, { format, csv: options.csv ?? {} });
  const columns = options.columns ?? detection.columns;
  const order = { source, table: file, detection, columns };
  return { table: file, report: await used.ingest(order) };
}

function ask(sql: string, using: DataEngine = engine, signal?: AbortSignal): Promise<QueryAnswer> {
  return using.query({ tables: [{ name: "people", file: table }], sql, result: fresh("duckdb"), limit: 10 }, signal);
}

async function rows(file: string, relation: "data" | "rejected"): Promise<readonly (readonly unknown[])[]> {
  return (await engine.page({ file, relation, offset: 0, limit: 100 })).rows;
}

test("a question is answered with columns, rows and the size of the whole result", async () => {
  const answer = await ask(
    "select name, id * 10 as ten, sum(id) over () as total from people order by id desc; -- all",
  );

  assert.deepEqual(answer.columns, [
    { name: "name", type: "VARCHAR" },
    { name: "ten", type: "BIGINT" },
    { name: "total", type: "HUGEINT" },
  ]);
  assert.deepEqual(answer.rows[0], ["cyd", "30", "6"]);
  assert.equal(answer.totalRows, 3);
});

test("a result is paged from what was computed once, and goes out as CSV and Parquet without loss", async () => {
  const result = fresh("duckdb");
  const sql = "select i, i::hugeint * 10000000000000000000000 as wide, 'a,\"b' as text from range(25) t(i)";
  await engine.query({ tables: [], sql, result, limit: 10 });

  const page = await engine.page({ file: result, relation: "result", offset: 20, limit: 10 });
  const csv = fresh("csv");
  const parquet = fresh("parquet");
  await engine.export({ file: result, relation: "result", format: "csv", target: csv });
  await engine.export({ file: result, relation: "result", format: "parquet", target: parquet });

  assert.deepEqual(
    page.rows.map(([first]) => first),
    ["20", "21", "22", "23", "24"],
  );
  assert.deepEqual((await readFile(csv, "utf8")).split("\n").slice(0, 3), [
    "i,wide,text",
    '0,0,"a,""b"',
    '1,10000000000000000000000,"a,""b"',
  ]);
  const back = await engine.detect(parquet, { format: "parquet", csv: {} });
  assert.deepEqual(back.sample[4], ["4", "40000000000000000000000", 'a,"b']);
});

test("a question that takes too long is stopped at its deadline, and the next one is answered", async (context) => {
  const strict = createDuckdbEngine({ ...LIMITS, queryTimeoutMs: 1_500 }, cache);
  context.after(() => strict.close());

  for (const sql of [
    "with recursive r as (select 1 i union all select i + 1 from r) select count(*) from r",
    "select count(*) from range(1000000) a, range(1000000) b, range(1000000) c",
  ]) {
    const begun = performance.now();
    await assert.rejects(ask(sql, strict), { code: "data-limit", message: /longer than 1.5 s/ });
    assert.ok(performance.now() - begun < 4_000, "killed at the deadline");
  }
  const reliable = createDuckdbEngine(LIMITS, cache);
  context.after(() => reliable.close());
  assert.equal((await ask("select 1", reliable)).totalRows, 1);
});

test("a question that needs too much memory, room or answer is stopped, and leaves no file", async (context) => {
  const small = createDuckdbEngine(
    { ...LIMITS, maxResultBytes: 4 * MIB, maxAnswerBytes: MIB, queryTimeoutMs: 30_000 },
    cache,
  );
  context.after(() => small.close());
  const files = await readdir(folder);

  for (const sql of [
    "select i from range(10000000000) t(i) order by hash(i)",
    "select repeat('x', 1000000000)",
    "select list(i) from range(1000000000) t(i)",
    "select string_agg(repeat('x', 1000)) from range(1000000)",
    "select i, md5(i::varchar) as h from range(30000000) t(i)",
    "select repeat('x', 2000000)",
  ]) {
    await assert.rejects(ask(sql, small), { code: "data-limit" }, sql);
  }
  assert.deepEqual(await readdir(folder), files);
});

test("a question whose caller goes away is stopped", async () => {
  const caller = new AbortController();
  const asked = ask("select count(*) from range(1000000) a, range(1000000) b", engine, caller.signal);

  setImmediate(() => caller.abort());

  await assert.rejects(asked, { code: "interrupted" });
});

test("a worker ends when whoever asked it is gone", async () => {
  const program = `
    const { startWorker } = await import(${JSON.stringify(new URL("./worker-process.ts", import.meta.url).href)});
    const bounds = { memoryBytes: 268435456, threads: 1, timeoutMs: 60000, maxFileBytes: 1e6, maxSpillBytes: 0, maxAnswerBytes: 1e6 };
    const worker = startWorker({ ...bounds, programCache: ${JSON.stringify(cache)} });
    const sql = "select count(*) from range(1000000) a, range(1000000) b";
    void worker.run(JSON.stringify({ kind: "query", tables: [], sql, result: ${JSON.stringify(fresh("duckdb"))}, limit: 1 }));
    console.log(worker.pid);`;
  const asker = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed] = (await once(asker.stdout, "data")) as [Buffer];
  const worker = Number(printed.toString());
  assert.ok(isAlive(worker));

  asker.kill("SIGKILL");

  const deadline = Date.now() + 10_000;
  while (isAlive(worker)) {
    assert.ok(Date.now() < deadline, "the worker is still there");
    await delay(20);
  }
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("what the engine refuses names no file of this machine", async () => {
  for (const sql of ["select * from people where nothing = 1", "select id::date from people", "from read_csv('x')"]) {
    await assert.rejects(ask(sql), (error: Error) => {
      assert.equal((error as { code?: string }).code, "query-refused");
      assert.ok(!error.message.includes(folder) && !error.message.includes("/tmp"), error.message);
      return true;
    });
  }
});

test("broken rows of a CSV file are kept with their lines and reasons, the others become the table", async () => {
  const content = 'id,day\n1,2026-01-01\n2,2026-13-01\n3\n4,2026-01-04,x\n5,"2026-01-\n6,2026-01-06\n';
  const columns = [
    { name: "id", type: "BIGINT" },
    { name: "day", type: "DATE" },
  ];

  const { table: file, report } = await ingested("csv", `${content}\n`, { columns });

  assert.deepEqual(await rows(file, "data"), [["1", "2026-01-01"]]);
  const rejected = await rows(file, "rejected");
  assert.deepEqual(rejected.map(([line]) => line).slice(0, 3), ["3", "4", "5"]);
  assert.match(String(rejected[0]?.[1]), /"day".*2026-13-01.*DATE/);
  assert.match(String(rejected[1]?.[1]), /Expected Number of Columns: 2 Found: 1/);
  assert.deepEqual(rejected[2]?.slice(1), ["Expected Number of Columns: 2 Found: 3", "4,2026-01-04,x"]);
  assert.deepEqual([report.rows, report.rejected], [1, rejected.length]);
});

test("rules reject the rows that break them or only count them", async () => {
  const columns: Column[] = [
    { name: "id", type: "BIGINT", rules: { unique: true, required: true } },
    { name: "mail", type: "VARCHAR", rules: { pattern: "[^@]+@[^@]+" } },
    { name: "age", type: "INTEGER", rules: { min: 0, max: 130, action: "warn" } },
    { name: "day", type: "DATE", rules: { min: "2026-01-01" } },
  ];
  const content = `id,mail,age,day
1,a@x,10,2026-01-01
1,b@x,20,2026-01-02
,c@x,30,2026-01-03
4,nobody,40,2026-01-04
5,,500,2026-01-05
6,d@x,60,2025-12-31
`;

  const { table: file, report } = await ingested("csv", content, { columns });

  assert.deepEqual(
    (await rows(file, "data")).map(([id]) => id),
    ["1", "5"],
  );
  assert.deepEqual(
    (await rows(file, "rejected")).map(([, reasons]) => reasons),
    ["id: is there already", "id: is missing", "mail: does not match [^@]+@[^@]+", "day: is below 2026-01-01"],
  );
  assert.deepEqual(
    rulesOf(columns).map(({ column, rule }, index) => `${column} ${rule} ${report.failed[index]}`),
    ["id required 1", "id unique 1", "mail pattern 1", "age min 0", "age max 1", "day min 1"],
  );
});

test("a file whose columns are called as nobody would is read like any other", async () => {
  const names = ["data", "source", "select", 'a "quoted" name', "x'); drop table data; --", "line", "member"];
  const header = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(",");
  const columns = names.map((name): Column => ({ name, type: "BIGINT", rules: { min: 0, unique: true } }));

  const { table: file } = await ingested("csv", `${header}\n1,2,3,4,5,6,7\n-1,3,4,5,6,7,8\n`, { columns });

  assert.deepEqual(await rows(file, "data"), [["1", "2", "3", "4", "5", "6", "7"]]);
  const [rejected] = await rows(file, "rejected");
  assert.equal(rejected?.[1], "data: is below 0");
  assert.deepEqual(Object.keys(JSON.parse(String(rejected?.[2])) as object), names);
  const rowid = [{ name: "rowid", type: "BIGINT", rules: { min: 0 } }];
  await assert.rejects(ingested("csv", "rowid,x\n-1,2\n", { columns: rowid }), { code: "data-invalid" });
});

test("JSON Lines: what is no object and what has another type is rejected, with the line itself", async () => {
  const content = '{"id":1,"tags":["a"]}\n\nnot json\n{"id":"two"}\n[3]\n{"id":4,"tags":null}\n';
  const columns = [
    { name: "id", type: "BIGINT" },
    { name: "tags", type: "JSON" },
  ];

  const { table: file } = await ingested("jsonl", content, { columns });

  assert.deepEqual(await rows(file, "data"), [
    ["1", '["a"]'],
    ["4", null],
  ]);
  assert.deepEqual(
    (await rows(file, "rejected")).map(([, ...rest]) => rest),
    [
      ["the line is not a JSON object", "not json"],
      ["id: two is not BIGINT", '{"id":"two"}'],
      ["the line is not a JSON object", "[3]"],
    ],
  );
});

test("Parquet keeps its types, and another type can be asked for", async () => {
  const result = fresh("duckdb");
  const source = fresh("parquet");
  await engine.query({ tables: [], sql: "select i, 'v' || i as text from range(3) t(i)", result, limit: 1 });
  await engine.export({ file: result, relation: "result", format: "parquet", target: source });
  const content = await readFile(source);
  const columns = [
    { name: "i", type: "DOUBLE" },
    { name: "text", type: "BIGINT" },
  ];

  const kept = await ingested("parquet", content);
  const cast = await ingested("parquet", content, { columns });

  assert.deepEqual(
    kept.report.columns.map(({ type }) => type),
    ["BIGINT", "VARCHAR"],
  );
  assert.deepEqual([cast.report.rows, cast.report.rejected], [0, 3]);
  assert.match(String((await rows(cast.table, "rejected"))[0]?.[1]), /text: v0 is not BIGINT/);
});

test("the encoding is found, and where a wrong one is said the rows that do not have it are rejected", async () => {
  const latin = Buffer.from("id,name\n1,caf\u00e9\n2,ok\n", "latin1");
  const utf16 = Buffer.from("\ufeffid,name\n1,caf\u00e9\n", "utf16le");

  assert.deepEqual(await rows((await ingested("csv", latin)).table, "data"), [
    ["1", "café"],
    ["2", "ok"],
  ]);
  assert.deepEqual(await rows((await ingested("csv", utf16)).table, "data"), [["1", "café"]]);
  const wrong = await ingested("csv", latin, { csv: { encoding: "utf-8" } });
  assert.deepEqual(await rows(wrong.table, "data"), [["2", "ok"]]);
  assert.match(String((await rows(wrong.table, "rejected"))[0]?.[1]), /not utf-8/);
});

test("what is long or nested without end is shown in part, and kept", async () => {
  const deep = `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)},"b":1}\n`;
  const long = `{"a":"${"x".repeat(1_000_000)}","b":2}\n`;
  const source = fresh("jsonl");
  await writeFile(source, `${deep}${long}`);

  const detection = await engine.detect(source, { format: "jsonl", csv: {} });
  const { report } = await ingested("jsonl", long);

  assert.ok(JSON.stringify(detection).length < 2_000);
  assert.deepEqual([report.rows, report.rejected], [1, 0]);
});

test("a file in which nearly everything is wrong is refused with the first fault", async () => {
  const content = `a,b\n${Array.from({ length: 300_000 }, (_, index) => `${index},x\n`).join("")}`;
  const columns = [{ name: "b", type: "BIGINT" }];

  await assert.rejects(ingested("csv", content, { columns }), {
    code: "data-invalid",
    message: /more than 250000 .* line 2: .*"b".*(BIGINT|INT64)/,
  });
});

test("files that are nothing, or not what was said, are refused with a sentence and leave nothing", async () => {
  const noise = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7_919) % 256));
  const cases: readonly (readonly [Hint["format"], string | Buffer])[] = [
    ["jsonl", ""],
    ["jsonl", "no\nobjects\n"],
    ["parquet", ""],
    ["parquet", "PAR1 is not enough PAR1"],
    ["parquet", noise],
    ["csv", Buffer.alloc(200_000)],
  ];

  for (const [format, content] of cases) {
    await assert.rejects(
      ingested(format, content),
      (error: Error) => {
        assert.equal((error as { code?: string }).code, "data-invalid", String(error));
        assert.ok(!error.message.includes(folder), error.message);
        return true;
      },
      `${format} ${content.length}`,
    );
  }
});

test("a Parquet file that lies about itself is refused or ends its reader, and never this process", async () => {
  const result = fresh("duckdb");
  const source = fresh("parquet");
  await engine.query({ tables: [], sql: "select i, md5(i::varchar) as h from range(2000) t(i)", result, limit: 1 });
  await engine.export({ file: result, relation: "result", format: "parquet", target: source });
  const honest = await readFile(source);
  // Footer and page headers carry sizes and counts as variable-length integers; each round makes other ones lie.
  const lies = Array.from({ length: 8 }, (_, round) => {
    const lie = Buffer.from(honest);
    const from = round % 2 === 0 ? lie.length - 8 - lie.readUInt32LE(lie.length - 8) : 4;
    for (let at = from + 3 * round; at < Math.min(from + 400, lie.length - 8); at += 5 + round) lie[at] = 0xff;
    return lie;
  });

  const ends = await Promise.all(
    lies.map((lie) =>
      ingested("parquet", lie).then(
        ({ report }) => `rows ${report.rows}`,
        (error: Error) => String((error as { code?: string }).code),
      ),
    ),
  );

  for (const end of ends) assert.match(end, /^(data-invalid|data-limit|rows \d+)$/);
  assert.ok(ends.includes("data-invalid"), ends.join());
  assert.equal((await ask("select 1")).totalRows, 1);
});

test("a small file that unpacks to far more than allowed is stopped", async (context) => {
  const result = fresh("duckdb");
  const source = fresh("parquet");
  const sql = "select repeat('muster', 40) || (i % 7) as text from range(6000000) t(i)";
  await engine.query({ tables: [], sql, result, limit: 1 });
  await engine.export({ file: result, relation: "result", format: "parquet", target: source });
  const bomb = await readFile(source);
  assert.ok(bomb.length < 10 * MIB, `${bomb.length} bytes`);
  const columns = [{ name: "text", type: "VARCHAR", rules: { unique: true } }];
  const careful = createDuckdbEngine(
    {
      ...LIMITS,
      maxTableBytes: MIB,
      ingestMemoryBytes: 128 * MIB,
      ingestTimeoutMs: 5_000,
    },
    cache,
  );
  context.after(() => careful.close());

  await assert.rejects(ingested("parquet", bomb, { columns, engine: careful }), { code: "data-limit" });
});

test("drift is counted in SQL, and conditions reach only their own rows", async () => {
  const lines = Array.from(
    { length: 1_000 },
    (_, index) => `${index},${index < 500 ? index % 50 : (index % 50) + 10},${index % 3}`,
  );
  const { table: file } = await ingested("csv", `id,x,kind\n${lines.join("\n")}\n`);
  const reference = { file, where: "id < 500" };
  const current = { file, where: "id >= 500" };

  const [x, kind] = await engine.drift({ reference, current, columns: ["x", "kind"] });

  assert.deepEqual(
    [x?.reference, x?.current],
    [
      { rows: 500, nulls: 0 },
      { rows: 500, nulls: 0 },
    ],
  );
  assert.ok(Math.abs((x?.ksDistance ?? 0) - 0.2) < 1e-12, String(x?.ksDistance));
  assert.deepEqual(x?.bins.map((bin) => [bin.reference, bin.current]).slice(0, 3), [
    [50, 0],
    [50, 0],
    [50, 50],
  ]);
  assert.equal(kind?.kind, "numeric");
  const hostile = [
    "true) union all (from current_rows",
    "id in (select 1 from read_csv('/etc/passwd'))",
    "true; drop table data",
  ];
  for (const where of hostile) {
    await assert.rejects(engine.drift({ reference: { file, where }, current, columns: ["x"] }), {
      code: "query-refused",
    });
  }
});
