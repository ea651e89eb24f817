import { defineLoad, defineScenario, type Scenario } from "../index.ts";

/** The plan that tests of worker threads load; the environment says against what, and what its users do. */

const scenarios: Readonly<Record<string, Scenario>> = {
  visit: defineScenario({
    name: "visit",
    async run(user) {
      const response = await user.http.get("/");
      user.check(response, { "shared is known": () => user.shared === "from the set-up" });
    },
  }),
  spins: defineScenario({
    name: "spins",
    run() {
      for (;;);
    },
  }),
  hoards: defineScenario({
    name: "hoards",
    async run(user) {
      const hoard = (user.memory.get("hoard") ?? []) as number[][];
      user.memory.set("hoard", hoard);
      for (let nth = 0; nth < 100; nth += 1) hoard.push(Array.from({ length: 10_000 }, (_, at) => at + 0.5));
      await user.think(0);
    },
  }),
  exits: defineScenario({
    name: "exits",
    run() {
      process.exit(0);
    },
  }),
  prints: defineScenario({
    name: "prints",
    async run(user) {
      // The engine, not the scenario, must bound what is printed.
      process.stdout.write("line\n".repeat(1_000));
      await user.think(1);
    },
  }),
};

export default defineLoad({
  target: process.env["LOAD_TEST_TARGET"] ?? "http://127.0.0.1:9/",
  workloads: [
    {
      scenarios: [scenarios[process.env["LOAD_TEST_SCENARIO"] ?? "visit"] as Scenario],
      model: { arrivalsPerSecond: 100, for: "500ms" },
    },
  ],
  gracefulStop: "500ms",
  thresholds: ["errors < 1%"],
  setUp: () => "from the set-up",
});
