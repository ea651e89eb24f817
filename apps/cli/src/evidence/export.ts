import { createWriteStream, existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { exportLedger, MusterError } from "@muster/kernel";
import type { Io } from "../output/io.ts";
import { shortPath } from "../output/path.ts";
import { counted } from "../output/text.ts";
import { withDatabase } from "../local/database.ts";
import { EXIT, type ExitCode } from "../program/command.ts";

/** What `muster evidence export` was asked for. */
export interface ExportRequest {
  readonly data: () => string;
  readonly out: string | undefined;
  readonly force: boolean;
}

export async function runExport(request: ExportRequest, io: Io): Promise<ExitCode> {
  const file = request.out === undefined ? undefined : resolve(io.cwd, request.out);
  if (file !== undefined && existsSync(file) && !request.force) {
    throw new MusterError("usage", `${file} exists; --force writes over it`);
  }
  await withDatabase(request.data, io, async ({ ledger }) => {
    if (file === undefined) {
      await pipeline(Readable.from(exportLedger(ledger)), io.outStream, { end: false });
      return;
    }
    const head = await ledger.head();
    await writeWhole(file, exportLedger(ledger));
    io.out(`EXPORTED: ${counted(head.seq, "record")} to ${shortPath(file, io.cwd)}\n`);
  });
  return EXIT.good;
}

/** The file appears when it is complete, or not at all. */
async function writeWhole(file: string, lines: AsyncIterable<string>): Promise<void> {
  const part = `${file}.part-${process.pid}`;
  try {
    await pipeline(Readable.from(lines), createWriteStream(part, { mode: 0o600 }));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof MusterError || code === undefined) throw error;
    if (code === "ENOSPC") throw new MusterError("database-full", `${file} cannot be written: the disk is full`);
    throw new MusterError("usage", `${file} cannot be written (${code})`);
  }
}
