import { Kysely, PostgresDialect } from "kysely";
import type { ColumnType, Generated } from "kysely";
import type { Pool } from "pg";

type Timestamp = ColumnType<Date, string, string>;

/** The tables of the schema `muster` that are queried directly; the migrations say what each is for. */
export interface Tables {
  evidence: {
    seq: string;
    prev: string;
    hash: string;
    body: string;
    id: string;
    kind: string;
    check: string | null;
    outcome: string | null;
    environment: string;
    service: string;
    run: string | null;
    words: string;
  };
  run: {
    id: string;
    place: Generated<string>;
    service: string;
    environment: string;
    state: string;
    started_at: Timestamp;
    finished_at: ColumnType<Date | null, string | null, string | null>;
    steps: ColumnType<unknown, string, string>;
    summary: string | null;
  };
  load_test: {
    id: string;
    place: Generated<string>;
    kind: string;
    name: string;
    target: string;
    origin: string;
    actor: string;
    ended: boolean;
    started_at: Timestamp;
    updated_at: Timestamp;
    summary: ColumnType<unknown, string, string>;
    finding: ColumnType<unknown, string | null, string | null>;
    holds_at: number | null;
  };
  user: { name: string; role: string };
  session: { hash: string; user: string; expires_at: Timestamp };
  sign_in_link: {
    hash: string;
    user: string;
    expires_at: Timestamp;
    used_at: ColumnType<Date | null, string | null, string | null>;
  };
  audit_log: { at: string; actor: string; action: string; detail: string };
}

/** Typed queries over a pool, in the schema `muster`. */
export function queries(pool: Pool): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema("muster");
}
