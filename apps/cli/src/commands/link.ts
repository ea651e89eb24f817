import { defineCommand } from "../program/command.ts";
import { CONFIG_OPTION, DATA_OPTION, JSON_OPTION } from "../program/shared-options.ts";

export const link = defineCommand({
  name: "link",
  summary: "Print a fresh one-time link to sign in to the console",
  description:
    "The link is good once, within an hour. There are no passwords: whoever may read Muster's data on this machine may sign in.",
  args: [],
  options: {
    url: {
      kind: "text",
      value: "URL",
      summary: "Address of the console; otherwise that of the `muster up` that runs here",
    },
    json: JSON_OPTION,
    config: CONFIG_OPTION,
    data: DATA_OPTION,
  },
  examples: [{ line: "muster link", says: "while `muster up` runs in another terminal" }],
  async run({ options, io }) {
    const [{ runLink }, { dataFolder }] = await Promise.all([
      import("../link/run-link.ts"),
      import("../local/place.ts"),
    ]);
    return runLink({ data: () => dataFolder(options, io), url: options.url, json: options.json }, io);
  },
});
