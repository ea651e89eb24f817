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
    const [{ runUp }, { configurationFile, dataFolder }] = await Promise.all([
      import("../up/run-up.ts"),
      import("../local/place.ts"),
    ]);
    const { port, once, json, gate } = options;
    const config = configurationFile(options, io);
    return runUp({ config, data: dataFolder({ ...options, config }, io), port, once, json, gate }, io);
  },
});
