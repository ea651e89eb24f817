import { availableParallelism, cpus, release, totalmem, type } from "node:os";

/** What the generator ran on, for the report. */
export function machineFacts(): Readonly<Record<string, string>> {
  return {
    node: process.version,
    system: `${type()} ${release()}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: String(availableParallelism()),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}
