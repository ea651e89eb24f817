import { defineLoad, defineScenario } from "../index.ts";

/** The plan that tests of lost agents load: what is lost is done by the others. */
const visit = defineScenario({
  name: "visit",
  async run(user) {
    await user.http.get("/");
    await user.think(20);
  },
});

const closed = process.env["LOAD_TEST_MODEL"] === "users";

export default defineLoad({
  target: process.env["LOAD_TEST_TARGET"] ?? "http://127.0.0.1:9/",
  workloads: [{ scenarios: [visit], model: closed ? { users: 6, for: "4s" } : { arrivalsPerSecond: 200, for: "4s" } }],
  gracefulStop: "500ms",
  onLostAgent: "redistribute",
});
