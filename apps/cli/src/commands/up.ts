import { dirname, join, resolve } from "node:path";
import { defineCommand } from "../program/command.ts";
import { CONFIG_OPTION, DATA_OPTION, GATE_OPTION, JSON_OPTION } from "../program/shared-options.ts";

export const up = defineCommand({
  name: "up",
  summary: "Start Muster, judge the service, and serve the console",
  description:
    "Starts PostgreSQL, the service where the configuration says how, and the console; then collects facts, judges them, decides the gate and writes a report. It goes on serving until Ctrl-C, which stops everything in order. The verdict goes to standard output, progress to standard error.",
  args: [],
  options: {
    config: CONFIG_OPTION,
    data: DATA_OPTION,
    port: {
      kind: "number",
      value: "N",
      minimum: 0,
      maximum: 65_535,
      summary: "Port of the console; otherwise 7400 or the next free one",
    },
    once: { kind: "flag", summary: "Judge once and end, with the exit code of the verdict" },
    gate: GATE_OPTION,
    json: JSON_OPTION,
  },
  examples: [
    { line: "muster up", says: "judge, then watch it in the browser" },
    {
      line: "muster up --once --json",
      says: "for a pipeline: exits 0 when ready, 1 when not, 3 when it could not judge",
    },
  ],
  async run({ options, io }) {
    const [{ findConfiguration }, { runUp }] = await Promise.all([
      import("@muster/adapters"),
      import("../up/run-up.ts"),
    ]);
    const config = options.config === undefined ? findConfiguration(io.cwd) : resolve(io.cwd, options.config);
    const data = resolve(io.cwd, options.data ?? join(dirname(config), ".muster"));
    return runUp({ config, data, port: options.port, once: options.once, json: options.json, gate: options.gate }, io);
  },
});
