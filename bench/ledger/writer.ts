import { once } from "node:events";
import { openPool, postgresLedger } from "@muster/adapters";
import { Secret } from "@muster/kernel";
import { writeEvidence } from "./write-evidence.ts";

/** What the benchmark sends a writing process, which answers with the number of records it wrote. */
export interface WriterOrder {
  readonly url: string;
  readonly names: readonly string[];
  readonly forMs: number;
}

const [order] = (await once(process, "message")) as [WriterOrder];
const pool = openPool(new Secret(order.url));
const ledger = postgresLedger(pool);
await ledger.head();
process.send?.("ready");
await once(process, "message");
const untilMs = performance.now() + order.forMs;
const written = await Promise.all(order.names.map((name) => writeEvidence(ledger, name, untilMs)));
await pool.end();
const total = written.reduce((sum, each) => sum + each, 0);
process.send?.(total);
process.disconnect?.();
