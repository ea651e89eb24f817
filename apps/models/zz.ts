import { DuckDBInstance } from "@duckdb/node-api";
const t0 = performance.now();
const db = await DuckDBInstance.create(":memory:", {
  threads: "2",
  memory_limit: "512MB",
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
  allow_community_extensions: "false",
});
const c = await db.connect();
console.log("open", performance.now() - t0, process.memoryUsage().rss / 1e6);
const q = async (s: string) => {
  const t = performance.now();
  try {
    const r = await c.runAndReadAll(s);
    console.log(JSON.stringify(r.getRowObjectsJson()).slice(0, 1500), (performance.now() - t).toFixed(1));
  } catch (e) {
    console.log("ERR", s.slice(0, 80), (e as Error).message.slice(0, 300));
  }
};
await q("select extension_name,installed,loaded from duckdb_extensions() where loaded");
for (const s of [
  "with a as (select 1 x) select count(*), sum(x)+1 from a join range(3) t(i) on true where x in (select 2) limit 3",
  "from 'x.csv'",
  "describe select 1",
  "summarize select 1",
  "select 1; select 2",
  "pragma database_list",
  "show tables",
  "select * from (describe select 1)",
  "select current_setting('threads')",
  "pivot (select 1 a, 2 b) on a using sum(b)",
  "values (1)",
  "from a.b.c",
  "select * from (summarize a)",
  "select columns('x') from t",
  "copy (select 1) to 'x'",
  "select * from duckdb_settings()",
  "from query('select 1')",
  "select * from t at (version=>1)",
  "attach 'x'",
])
  await q(`select json_serialize_sql('${s.replaceAll("'", "''")}', skip_null=>true, skip_empty=>true) j`);
await q("set temp_directory=''");
await q("set allowed_paths=['/tmp/dd/out.csv']");
await q("attach '/tmp/dd/r.duckdb' as out");
await q("set enable_external_access=false");
await q("set lock_configuration=true");
await q("copy (select 1 a) to '/tmp/dd/out.csv'");
await q("copy (select 1 a) to '/tmp/dd/out2.csv'");
await q("copy (select 1 a) to '/tmp/dd/out.csv' (format parquet)");
await q("create or replace table out.result as select * from (select 1 a, 2 a, sum(3) b)");
await q("describe out.result");
await q("select * from duckdb_databases()");
await q("set threads=4");
await q("select view_name,schema_name from duckdb_views() where internal");
await q("select distinct function_name from duckdb_functions() where function_type='scalar' and stability='VOLATILE'");
await q(
  "select distinct function_name from duckdb_functions() where function_type in ('table','pragma','table_macro')",
);
await q(
  "select list(distinct function_name) from duckdb_functions() where function_type in ('scalar','macro') and regexp_matches(function_name,'setting|env|path|read|write|log|file|secret|config|query|pg_|current|sql|http|sleep|load')",
);
