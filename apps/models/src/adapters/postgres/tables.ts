import { type ColumnType, type Generated, type JSONColumnType, Kysely, PostgresDialect } from "kysely";
import type { Pool } from "pg";
import type { CacheSelection } from "../../domain/cache/selection.ts";
import type { ModelCard } from "../../domain/model/card.ts";
import type { Inspection } from "../../domain/model/golden.ts";

type Timestamp = ColumnType<Date, string | undefined, string>;

/** The tables of the schema `models`; the migrations say what each is for. */
export interface Tables {
  model: { name: string; last_version: Generated<number>; created_at: Generated<Date> };
  version: {
    model: string;
    number: number;
    digest: string;
    bytes: ColumnType<string, number, number>;
    card: JSONColumnType<ModelCard>;
    inspection: JSONColumnType<Inspection>;
    created_at: Timestamp;
    created_by: string;
  };
  alias: {
    model: string;
    alias: string;
    number: number;
    revision: number;
    changed_at: Timestamp;
    changed_by: string;
  };
  alias_change: {
    model: string;
    alias: string;
    revision: number;
    number: number;
    changed_at: ColumnType<Date, Date, never>;
    changed_by: string;
  };
  user: {
    name: string;
    role: string;
    disabled: Generated<boolean>;
    password_hash: string | null;
    failures: Generated<number>;
    locked_until: ColumnType<Date | null, string | null, string | null>;
    created_at: Generated<Date>;
  };
  session: { id: Generated<string>; hash: string; user: string; created_at: Generated<Date>; expires_at: Timestamp };
  link: { hash: string; user: string; expires_at: Timestamp };
  api_key: {
    id: Generated<string>;
    hash: string;
    user: string;
    name: string;
    prefix: string;
    scopes: string[];
    created_at: Generated<Date>;
    expires_at: Timestamp;
  };
  traffic: { model: string; canary_percent: number; shadow_percent: number; revision: number };
  cache_generation: { platform: string; generation: ColumnType<string, number, number> };
  cache_removal: { generation: ColumnType<string, number, never>; selection: JSONColumnType<CacheSelection> };
  /** Only what other tables must know of jobs. */
  job: { id: string; model: string; version: number; state: string };
  audit_log: {
    place: Generated<string>;
    at: Generated<Date>;
    actor: string;
    action: string;
    detail: JSONColumnType<Record<string, unknown>>;
  };
}

export type Database = Kysely<Tables>;

/** Typed queries over a pool, in the schema `models`. */
export function modelsDatabase(pool: Pool): Database {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema("models");
}
