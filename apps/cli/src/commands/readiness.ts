import { defineCommand } from "../program/command.ts";
import { chosenReporter, REPORTER_OPTIONS } from "../program/reporter.ts";
import { CONFIG_OPTION, DATA_OPTION, GATE_OPTION } from "../program/shared-options.ts";

export const readiness = defineCommand({
  name: "readiness",
  summary: "Decide a gate from the evidence there is: can we ship?",
  description:
    "Reads the ledger and decides, without looking at the service again. A pipeline asks it before a deployment: it exits 0 when the gate opens, 1 when it does not, 3 when there is no ledger to decide from.",
  args: [],
  options: { gate: GATE_OPTION, ...REPORTER_OPTIONS, config: CONFIG_OPTION, data: DATA_OPTION },
  examples: [
    { line: "muster readiness", says: "the verdict, what blocks, and what to do" },
    { line: "muster readiness --gate production --reporter github", says: "in a pipeline, with annotations" },
  ],
  async run({ options, io }) {
    const reporter = chosenReporter(options);
    const [{ runReadiness }, { configurationFile, dataFolder }] = await Promise.all([
      import("../readiness/run-readiness.ts"),
      import("../local/place.ts"),
    ]);
    const config = configurationFile(options, io);
    return runReadiness({ config, data: () => dataFolder(options, io), gate: options.gate, reporter }, io);
  },
});
