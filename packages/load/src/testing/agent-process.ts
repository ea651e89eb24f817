import { Secret } from "@muster/kernel";
import { runAgent } from "../agents/agent.ts";

/** An agent as a program: plan, coordinator and name as arguments, and the token in the environment. */
const [planFile = "", coordinator = "", name = ""] = process.argv.slice(2);
await runAgent(
  { planFile, coordinator: new URL(coordinator), token: new Secret(process.env["AGENT_TOKEN"] ?? ""), name },
  new AbortController().signal,
);
