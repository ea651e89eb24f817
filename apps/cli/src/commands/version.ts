import { printEnvelope } from "../output/envelope.ts";
import { defineCommand, EXIT } from "../program/command.ts";
import { JSON_OPTION } from "../program/shared-options.ts";
import { ownVersion, versionLine } from "../program/version.ts";

export const version = defineCommand({
  name: "version",
  summary: "Print the version of Muster and of its runtime",
  description: "`muster --version` does the same.",
  args: [],
  options: { json: JSON_OPTION },
  examples: [],
  async run({ options, io }) {
    const line = await versionLine();
    if (options.json) {
      const data = { version: await ownVersion(), node: process.versions.node };
      printEnvelope(io, { command: "version", result: "good", verdict: line, data });
    } else {
      io.out(`${line}\n`);
    }
    return EXIT.good;
  },
});
