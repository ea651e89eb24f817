import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MusterError } from "@muster/kernel";

/** Names of the configuration, in the order in which a folder is searched for them. */
export const CONFIGURATION_NAMES = ["muster.config.ts", "muster.config.js"] as const;

/**
 * The nearest configuration from a folder upwards.
 * @throws {MusterError} `config-missing`
 */
export function findConfiguration(folder: string): string {
  for (let here = resolve(folder); ; here = dirname(here)) {
    for (const name of CONFIGURATION_NAMES) {
      const file = join(here, name);
      if (existsSync(file)) return file;
    }
    if (dirname(here) === here) {
      throw new MusterError(
        "config-missing",
        `there is no muster.config.ts in ${resolve(folder)} or in a folder above`,
      );
    }
  }
}
