import { DuckDBInstance } from "@duckdb/node-api";
const db = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "8GB" });
const c = await db.connect();
console.log(process.memoryUsage().rss / 1e6);
try {
  const r = await c.runAndReadAll(
    "select count(*) from (select i, md5(i::varchar) h from range(30000000) t(i) order by h)",
  );
  console.log(r.getRowsJson());
} catch (e) {
  console.log("ERR", (e as Error).message);
}
console.log(process.memoryUsage().rss / 1e6);
