import { defineCommand } from "../program/command.ts";
import { CONFIG_OPTION, DATA_OPTION, GATE_OPTION, JSON_OPTION } from "../program/shared-options.ts";

export const run = defineCommand({
  name: "run",
  summary: "Look at the service again, by the Muster that runs here",
  description:
    "Asks the running `muster up` for a new run of the gate's environment, shows its steps, and decides the gate when it ends. It exits 0 when the gate opens, 1 when it does not, 3 when the run was aborted.",
  args: [],
  options: { gate: GATE_OPTION, json: JSON_OPTION, config: CONFIG_OPTION, data: DATA_OPTION },
  examples: [{ line: "muster run", says: "while `muster up` runs in another terminal" }],
  async run({ options, io }) {
    const [{ runAgain }, { dataFolder }] = await Promise.all([
      import("../run/run-again.ts"),
      import("../local/place.ts"),
    ]);
    return runAgain({ data: () => dataFolder(options, io), gate: options.gate, json: options.json }, io);
  },
});
