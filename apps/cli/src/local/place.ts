import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { findConfiguration } from "@muster/adapters";
import { MusterError } from "@muster/kernel";
import type { Io } from "../output/io.ts";

/** Muster's own folder, beside the configuration. */
const DATA_FOLDER = ".muster";

interface PlaceOptions {
  readonly config: string | undefined;
  readonly data: string | undefined;
}

/** The configuration that the options, or the folder, name. @throws {MusterError} `config-missing` */
export function configurationFile({ config }: Pick<PlaceOptions, "config">, io: Io): string {
  return config === undefined ? findConfiguration(io.cwd) : resolve(io.cwd, config);
}

/**
 * The data folder that the options name, or the one beside the configuration. Evidence outlives a
 * configuration, so a data folder right here is enough where there is none.
 * @throws {MusterError} `config-missing`
 */
export function dataFolder(options: PlaceOptions, io: Io): string {
  if (options.data !== undefined) return resolve(io.cwd, options.data);
  try {
    return join(dirname(configurationFile(options, io)), DATA_FOLDER);
  } catch (error) {
    const here = join(io.cwd, DATA_FOLDER);
    if (error instanceof MusterError && existsSync(here)) return here;
    throw error;
  }
}
