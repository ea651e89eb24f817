/** `npm run torture -- NAME [--json] [--smoke]`: runs one fault campaign and judges its bars. */
import { parseArgs } from "node:util";
import { type Bar, CannotJudge } from "../bench/bar.ts";
import type { CampaignOptions } from "./campaign.ts";
import { torture as kill } from "./kill/index.ts";
import { tortureModels as models } from "./models/index.ts";
import { tortureOutage as outage } from "./outage/index.ts";
import { tortureReplicas as replicas } from "./replicas/index.ts";

const CAMPAIGNS: Readonly<Record<string, (options: CampaignOptions) => Promise<readonly Bar[]>>> = {
  kill,
  models,
  outage,
  replicas,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, smoke: { type: "boolean", default: false } },
});
const campaign = CAMPAIGNS[positionals[0] ?? ""];
if (!campaign) {
  process.stderr.write(`name a campaign: ${Object.keys(CAMPAIGNS).join(", ")}\n`);
  process.exitCode = 2;
} else if (process.platform !== "linux") {
  process.stderr.write("a campaign looks for left processes in /proc, which only Linux has\n");
  process.exitCode = 3;
} else {
  const bars = await campaign({ smoke: values.smoke, report: (line) => process.stderr.write(`${line}\n`) }).catch(
    (error: unknown) => {
      if (!(error instanceof CannotJudge)) throw error;
      process.stderr.write(`${error.message}\n`);
      return undefined;
    },
  );
  for (const each of bars ?? []) {
    process.stdout.write(
      values.json
        ? `${JSON.stringify(each)}\n`
        : `${each.ok ? "holds" : "FALLS"}  ${each.bar.padEnd(22)} ${String(each.figure).padStart(8)} ${each.unit} (goal ${each.goal})\n`,
    );
  }
  process.exitCode = bars === undefined ? 3 : bars.every((each) => each.ok) ? 0 : 1;
}
