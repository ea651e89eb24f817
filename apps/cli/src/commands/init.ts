import { defineCommand } from "../program/command.ts";

export const init = defineCommand({
  name: "init",
  summary: "Write a muster.config.ts for the service of this folder",
  description:
    "Finds out what it can: the name from package.json or the folder, the address from what listens on this machine, the owner from git. It asks for the rest, on a terminal only. The file has comments and works as it is.",
  args: [],
  options: {
    name: { kind: "text", value: "NAME", summary: "Name of the service: lower-case letters, digits and hyphens" },
    title: { kind: "text", value: "TEXT", summary: "Its name as people write it" },
    owner: { kind: "text", value: "TEXT", summary: "Who answers for it: a person or a team" },
    url: { kind: "text", value: "URL", summary: "Where it answers" },
    yes: { kind: "flag", short: "y", summary: "Ask nothing; take what was found" },
    force: { kind: "flag", summary: "Write over a file that exists" },
  },
  examples: [
    { line: "muster init", says: "on a terminal" },
    { line: 'muster init --url http://127.0.0.1:3000 --owner "platform team"', says: "without questions" },
  ],
  async run({ options, io }) {
    const { runInit } = await import("../init/run-init.ts");
    return runInit(options, io);
  },
});
