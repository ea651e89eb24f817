import { type DuckDBAppender, type DuckDBConnection, DuckDBInstance, type Json } from "@duckdb/node-api";
import type { NamedType } from "../../domain/dataset/column.ts";
import { identifier, literal } from "./sql-text.ts";

/** A connection to an engine that holds nothing yet. */
export interface Session {
  /** Runs a statement of ours. */
  run(sql: string): Promise<void>;
  /** Rows of a statement, as JSON carries them without loss. */
  read(sql: string): Promise<{ readonly columns: readonly NamedType[]; readonly rows: readonly Json[][] }>;
  /** The same with objects for rows. */
  objects(sql: string): Promise<readonly Readonly<Record<string, Json>>[]>;
  /** Chunks of the rows of a statement, as columns, while other statements run. */
  stream(sql: string): AsyncIterable<readonly (readonly unknown[])[]>;
  /** Adds rows to a table of the engine's memory. */
  appender(table: string): Promise<DuckDBAppender>;
  /** The syntax tree of statements, as JSON; an error among it. Nothing of them runs. */
  parse(sql: string): Promise<string>;
  attach(file: string, name: string, mode: "READ_ONLY" | "READ_WRITE"): Promise<void>;
  /**
   * From here on no file is reached but those that are attached and those that are named, no extension is loaded, and
   * no setting changes. There is no way back.
   */
  confine(files: readonly string[], spillFolder?: string): Promise<void>;
  close(): void;
}

export interface SessionBounds {
  readonly memoryBytes: number;
  readonly threads: number;
  /** Bytes that sorting and grouping may put on disk, where a folder for it is given. */
  readonly maxSpillBytes: number;
}

export async function openSession({ memoryBytes, threads, maxSpillBytes }: SessionBounds): Promise<Session> {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${memoryBytes}B`,
    threads: String(threads),
    max_temp_directory_size: `${maxSpillBytes}B`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    allow_unsigned_extensions: "false",
    allow_persistent_secrets: "false",
  });
  const connection = await instance.connect();
  return {
    async run(sql) {
      await connection.run(sql);
    },
    async read(sql) {
      const reader = await connection.runAndReadAll(sql);
      const names = reader.columnNames();
      const columns = names.map((name, index) => ({ name, type: reader.columnType(index).toString() }));
      return { columns, rows: reader.getRowsJson() };
    },
    async objects(sql) {
      return (await connection.runAndReadAll(sql)).getRowObjectsJson();
    },
    async *stream(sql) {
      // A connection has one result at a time.
      const reader = await instance.connect();
      const result = await reader.stream(sql);
      for await (const chunk of result) yield chunk.getColumns();
    },
    appender: (table) => connection.createAppender(table),
    async parse(sql) {
      const reader = await connection.runAndReadAll(`SELECT json_serialize_sql(${literal(sql)})`);
      return textOf(reader.getRowsJson()[0]?.[0]);
    },
    attach: (file, name, mode) => run(connection, `ATTACH ${literal(file)} AS ${identifier(name)} (${mode})`),
    async confine(files, spillFolder = "") {
      await run(connection, `SET temp_directory = ${literal(spillFolder)}`);
      await run(connection, `SET allowed_paths = [${files.map(literal).join(", ")}]`);
      await run(connection, "SET enable_external_access = false");
      await run(connection, "SET lock_configuration = true");
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function run(connection: DuckDBConnection, sql: string): Promise<void> {
  await connection.run(sql);
}

/** A cell as text; empty where there is none. */
export function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "string" ? cell : JSON.stringify(cell);
}
