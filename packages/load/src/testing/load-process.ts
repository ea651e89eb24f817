import { defineScenario } from "../index.ts";
import { startLoad } from "../run/load-run.ts";

/** Loads the address of its argument with four users for two seconds, and prints the report. */
const [target = ""] = process.argv.slice(2);
const visit = defineScenario({
  name: "visit",
  async run(user) {
    await user.http.get("/");
    await user.think(10);
  },
});
const plan = { target, workloads: [{ scenarios: [visit], model: { users: 4, for: "2s" } }] };
process.stdout.write(JSON.stringify(await startLoad(plan).report));
