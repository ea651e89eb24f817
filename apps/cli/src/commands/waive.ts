import { MusterError } from "@muster/kernel";
import { defineCommand } from "../program/command.ts";
import { CONFIG_OPTION, DATA_OPTION, GATE_OPTION, JSON_OPTION } from "../program/shared-options.ts";

export const waive = defineCommand({
  name: "waive",
  summary: "Accept for a while that a control is not met",
  description:
    "Appends a waiver to the ledger: who accepts what, why, and until when. The control stops blocking until then and no longer; its evidence stays as it is. A waiver lasts at most 90 days.",
  args: [{ value: "CONTROL", summary: "Id of the control, as the verdict shows it", required: true }],
  options: {
    reason: { kind: "text", value: "TEXT", summary: "Why this is acceptable, for whoever reads it in a year" },
    until: { kind: "text", value: "WHEN", summary: "When it ends: a date, an instant, or a time from now such as 14d" },
    environment: { kind: "text", value: "NAME", summary: "Environment that it is for; otherwise the gate's" },
    gate: GATE_OPTION,
    json: JSON_OPTION,
    config: CONFIG_OPTION,
    data: DATA_OPTION,
  },
  examples: [
    {
      line: 'muster waive encrypted --until 14d --reason "Staging is reached over the VPN only"',
      says: "for two weeks",
    },
  ],
  async run({ options, args, io }) {
    const { reason, until, environment, gate, json } = options;
    if (reason === undefined || until === undefined) {
      const missing = [reason === undefined ? "--reason" : "", until === undefined ? "--until" : ""].filter(Boolean);
      throw new MusterError("needs-answer", `a waiver needs a reason and an end: give ${missing.join(" and ")}`);
    }
    const [{ runWaive }, { configurationFile, dataFolder }] = await Promise.all([
      import("../readiness/run-waive.ts"),
      import("../local/place.ts"),
    ]);
    const config = configurationFile(options, io);
    const [control = ""] = args;
    return runWaive(
      { config, data: () => dataFolder(options, io), control, reason, until, environment, gate, json },
      io,
    );
  },
});
