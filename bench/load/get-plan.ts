/** The plan of the workers that `index.ts` compares: where, how long and how many is in the environment. */
import { defineLoad, defineScenario } from "@muster/load";

const get = defineScenario({
  name: "get",
  async run(user) {
    const response = await user.http.get("/", { tags: { kind: "read" } });
    user.check(response, { "is 200": (seen) => seen.status === 200 });
  },
});

export default defineLoad({
  target: process.env["BENCH_URL"] ?? "",
  maxRequests: Number(process.env["BENCH_REQUESTS"] ?? 1e12),
  workloads: [{ scenarios: [get], model: { users: 50, for: `${Number(process.env["BENCH_SECONDS"])}s` } }],
});
