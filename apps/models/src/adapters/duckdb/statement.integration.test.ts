import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Refusal } from "./refusal.ts";
import { openSession, type Session } from "./session.ts";
import { literal } from "./sql-text.ts";
import { holdToTables } from "./statement.ts";

let folder: string;
let session: Session;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "muster-statement-"));
  session = await openSession({ memoryBytes: 256 * 1_048_576, threads: 1, maxSpillBytes: 0 });
});
after(async () => {
  session.close();
  await rm(folder, { recursive: true });
});

/** The reason for which a statement over the tables `a` and `flights` is refused, or `allowed`. */
async function verdict(sql: string): Promise<string> {
  const tree = await session.parse(sql);
  try {
    holdToTables(tree, ["a", "flights"]);
    return "allowed";
  } catch (error) {
    assert.ok(error instanceof Refusal && error.code === "query-refused");
    return error.message;
  }
}

test("questions over the named tables are allowed in every form that SELECT has", async () => {
  for (const sql of [
    "select * from a",
    "SELECT count(*) FROM A JOIN flights f ON f.id = a.id WHERE f.x > (SELECT avg(x) FROM flights) -- why",
    "from a select columns('x.*')",
    "with z as (select * from a) select * from z union all by name select * from flights order by 1 limit 3;",
    "with recursive r as (select 1 i union all select i + 1 from r where i < 3) select * from r",
    "select * from range(3) t(i), unnest([1, 2]) u(j)",
    "values (1, 'a')",
    "select * from (pivot a on x in (1, 2) using sum(y))",
    "select x, row_number() over (partition by y order by z) from a qualify row_number() over () = 1",
    "select * from a tablesample 10 percent",
    "select x from a, lateral (select a.x + 1)",
    "select 'BASE_TABLE', {'type': 'SHOW_REF', 'from_table': 1}",
  ]) {
    assert.equal(await verdict(sql), "allowed", sql);
  }
});

test("everything else than one SELECT is refused", async () => {
  for (const sql of [
    "copy (select 1) to 'x'",
    "copy a from 'x'",
    "attach 'x.db'",
    "detach a",
    "install httpfs",
    "load httpfs",
    "pragma database_list",
    "set threads = 8",
    "reset threads",
    "create table x (i int)",
    "create macro m() as 1",
    "create secret s (type s3)",
    "insert into a values (1)",
    "update a set x = 1",
    "delete from a",
    "drop table a",
    "alter table a add column y int",
    "call pragma_version()",
    "export database 'x'",
    "import database 'x'",
    "explain select 1",
    "explain analyze select 1",
    "vacuum",
    "checkpoint",
    "begin",
    "prepare p as select 1",
    "execute p",
    "use memory",
    "set variable x = 1",
    "comment on table a is 'x'",
  ]) {
    assert.equal(await verdict(sql), "only a SELECT can be asked", sql);
  }
  assert.equal(await verdict("select 1; select 2"), "ask exactly one statement");
  assert.equal(await verdict(""), "ask exactly one statement");
  assert.match(await verdict("selec"), /syntax error/);
  assert.match(await verdict(`select ${"(".repeat(50_000)}1${")".repeat(50_000)}`), /memory exhausted|depth/);
});

test("files, settings, other tables and the engine's own are refused wherever they stand", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["select * from '/etc/passwd'", /no table "\/etc\/passwd"; .*: a, flights/],
    ["select * from 'x.parquet'", /no table "x.parquet"/],
    ["from read_csv('/etc/passwd')", /"read_csv" may not/],
    ["from a where exists (select 1 from read_blob('/etc/passwd'))", /"read_blob" may not/],
    ["select (select content from read_text('/etc/passwd'))", /"read_text" may not/],
    ["with z as (from glob('/*')) select 1", /"glob" may not/],
    ["select * from a order by (select count(*) from sniff_csv('x'))", /"sniff_csv" may not/],
    ["select * from a union select * from parquet_metadata('x')", /"parquet_metadata" may not/],
    ["from (pivot (from read_json('x')) on x in (1) using sum(y))", /"read_json" may not/],
    ["from duckdb_settings()", /"duckdb_settings" may not/],
    ["from pragma_database_list()", /"pragma_database_list" may not/],
    ["select * from duckdb_databases", /no table "duckdb_databases"/],
    ["select * from sqlite_master", /no table "sqlite_master"/],
    ["with duckdb_databases as (select 1) select * from duckdb_databases", /cannot be used as a name/],
    ["select * from (with DuckDB_Views as (select 1) select 1), duckdb_views", /cannot be used as a name/],
    ["select * from information_schema.tables", /without a schema/],
    ["from output.main.result", /without a schema/],
    ["from main.a", /without a schema/],
    ["from query('select 1')", /"query" may not/],
    ["from query_table('a')", /"query_table" may not/],
    ["select current_setting('temp_directory')", /"current_setting" may not/],
    ["select main.CURRENT_SETTING('temp_directory')", /"current_setting" may not/],
    ["select x from a where current_setting(x) = ''", /"current_setting" may not/],
    ["select pg_sleep(100)", /"pg_sleep" may not/],
    ["describe a", /DESCRIBE/],
    ["show tables", /DESCRIBE/],
    ["select * from (summarize a)", /DESCRIBE/],
  ];

  for (const [sql, reason] of cases) assert.match(await verdict(sql), reason, sql);
});

test("behind the list, the engine itself reaches no file, loads nothing and keeps its settings", async () => {
  const secret = join(folder, "secret.csv");
  await writeFile(secret, "x\n1\n");
  const locked = await openSession({ memoryBytes: 64 * 1_048_576, threads: 1, maxSpillBytes: 0 });
  await locked.confine([]);

  for (const sql of [
    `FROM read_csv(${literal(secret)})`,
    `FROM read_text(${literal(secret)})`,
    `FROM ${literal(secret)}`,
    `FROM glob(${literal(join(folder, "*"))})`,
    `COPY (SELECT 1) TO ${literal(join(folder, "out.csv"))}`,
    `ATTACH ${literal(join(folder, "out.duckdb"))} AS out`,
    `EXPORT DATABASE ${literal(join(folder, "out"))}`,
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '8GB'",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "SET temp_directory = '/tmp'",
    "SET allowed_paths = ['/etc/passwd']",
    "CREATE SECRET s (TYPE s3)",
  ]) {
    await assert.rejects(locked.run(sql), /disabled|locked|[Pp]ermission|not allowed|not found|does not exist/, sql);
  }
  locked.close();
});
