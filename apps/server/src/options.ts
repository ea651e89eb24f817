import { parseArgs } from "node:util";
import { MusterError } from "@muster/kernel";

/** What the server is started with. */
export interface ServerOptions {
  readonly config: string;
  /** Folder for the embedded database, logs and reports. */
  readonly data: string;
  readonly host: string;
  /** Port of the console; the next free one is taken where it is not free. */
  readonly port: number;
  /** Judge once, announce the verdict and end. */
  readonly once: boolean;
  readonly gate: string | undefined;
}

const DEFAULT_PORT = 7400;

/** @throws {MusterError} `usage` */
export function readOptions(args: readonly string[]): ServerOptions {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        config: { type: "string" },
        data: { type: "string" },
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: String(DEFAULT_PORT) },
        once: { type: "boolean", default: false },
        gate: { type: "string" },
      },
    }));
  } catch (error) {
    throw new MusterError("usage", (error as Error).message);
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new MusterError("usage", `--port must be a whole number from 0 to 65535, not "${values.port}"`);
  }
  if (values.config === undefined || values.data === undefined) {
    throw new MusterError("usage", "the server needs --config FILE and --data FOLDER");
  }
  return { config: values.config, data: values.data, host: values.host, port, once: values.once, gate: values.gate };
}
