import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { LoadStage } from "@muster/contract";
import { durationMs, MusterError, type Problem } from "@muster/kernel";
import { isK6Script, k6Plan } from "../k6/k6-plan.ts";
import { scheduleOf } from "../schedule/arrival-schedule.ts";
import { courseOf, peakOf } from "../schedule/stages.ts";
import { parseDemand, thresholdOf } from "../thresholds/threshold.ts";
import { addressOf } from "./address.ts";
import type { LoadModel, LoadPlan, Workload } from "./scenario.ts";

/** Longest run and most arrivals per second that a plan may ask of one generator. */
const MAX_RUN_MS = 48 * 3_600_000;
const MAX_VALUE = 1_000_000;

/**
 * Loads the plan that a file exports by default, or that a script for k6 comes to.
 * @throws {MusterError} `load-plan-invalid` when the file cannot be loaded or its plan does not hold, with every problem.
 */
export async function loadPlan(file: string): Promise<LoadPlan> {
  if (await isK6Script(file)) return checkPlan(await k6Plan(resolve(file)), file);
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  } catch (error) {
    throw new MusterError("load-plan-invalid", `${file} cannot be loaded: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof module.default !== "object" || module.default === null) {
    throw new MusterError(
      "load-plan-invalid",
      `${file} has no plan as its default export: export default defineLoad({ … })`,
    );
  }
  return checkPlan(module.default as LoadPlan, file);
}

/**
 * Checks what types cannot: that addresses, durations, thresholds and names hold.
 * @throws {MusterError} `load-plan-invalid` with every problem at once.
 */
export function checkPlan(plan: LoadPlan, name: string): LoadPlan {
  const problems = [
    ...addressProblems(plan),
    ...workloadProblems(plan),
    ...thresholdProblems(plan),
    ...limitProblems(plan),
  ];
  if (problems.length > 0) {
    throw new MusterError(
      "load-plan-invalid",
      `${name} has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}`,
      {
        problems,
      },
    );
  }
  return plan;
}

/** How long a plan's workloads take, in ms, without the time of grace. */
export function planDuration(plan: LoadPlan): number {
  return Math.max(...plan.workloads.map(({ model }) => extentOf(model).totalMs));
}

/** Stages beyond this are not marked; on a chart they would stand on each other. */
const MAX_STAGES = 60;

/** Where a plan changes what it asks for; empty for a load that stays the same. */
export function planStages({ workloads }: LoadPlan): LoadStage[] {
  const stages = workloads.flatMap(({ scenarios, model }) => {
    if ("arrivalsAt" in model) return [];
    const [value, unit] =
      "users" in model ? ([model.users, " users"] as const) : ([model.arrivalsPerSecond, "/s"] as const);
    const { lines } = courseOf(value, model.for);
    if (lines.length < 2) return [];
    const whose = workloads.length < 2 ? "" : `${scenarios.map(({ name }) => name).join(", ")} `;
    return lines.map(({ startMs, from, to }) => ({
      atMs: startMs,
      label: `${whose}${from === to ? "holds" : "to"} ${to}${unit}`,
    }));
  });
  return stages.toSorted((a, b) => a.atMs - b.atMs).slice(0, MAX_STAGES);
}

/** How long a model lasts, and the most that it asks for: users, or arrivals per second. */
function extentOf(model: LoadModel): { totalMs: number; most: number } {
  if ("arrivalsAt" in model) return { totalMs: scheduleOf(model).totalMs, most: model.arrivalsAt.length };
  const course = "users" in model ? courseOf(model.users, model.for) : courseOf(model.arrivalsPerSecond, model.for);
  return { totalMs: course.totalMs, most: peakOf(course) };
}

function addressProblems({ target, allow }: LoadPlan): Problem[] {
  const named: [string, unknown][] = [
    ["target", target],
    ...(allow ?? []).map((each, at): [string, unknown] => [`allow.${at}`, each]),
  ];
  return named
    .filter(
      ([, address]) =>
        typeof address !== "string" || !/^(?:https?|h2c?):\/\//.test(address) || addressOf(address) === undefined,
    )
    .map(([path]) => ({ path, message: "must be a complete address with http, https, h2 or h2c" }));
}

function workloadProblems({ workloads }: LoadPlan): Problem[] {
  if (!Array.isArray(workloads) || workloads.length === 0) {
    return [{ path: "workloads", message: "needs at least one workload: { scenarios: […], model: { … } }" }];
  }
  const problems: Problem[] = [];
  const names = new Set<string>();
  for (const [index, { scenarios, model }] of (workloads as readonly Workload[]).entries()) {
    const path = `workloads.${index}`;
    if (!Array.isArray(scenarios) || scenarios.length === 0) {
      problems.push({ path: `${path}.scenarios`, message: "needs at least one scenario" });
    }
    for (const [at, scenario] of (scenarios ?? []).entries()) {
      const place = `${path}.scenarios.${at}`;
      if (typeof scenario.name !== "string" || scenario.name === "")
        problems.push({ path: `${place}.name`, message: "is missing" });
      else if (names.has(scenario.name))
        problems.push({ path: `${place}.name`, message: `"${scenario.name}" is used twice` });
      names.add(scenario.name);
      if (typeof scenario.run !== "function") problems.push({ path: `${place}.run`, message: "must be a function" });
      if (scenario.weight !== undefined && !(scenario.weight > 0)) {
        problems.push({ path: `${place}.weight`, message: "must be above 0" });
      }
    }
    problems.push(...modelProblems(model, `${path}.model`));
  }
  return problems;
}

function modelProblems(model: LoadModel | undefined, path: string): Problem[] {
  if (model === undefined || !("users" in model || "arrivalsPerSecond" in model || "arrivalsAt" in model)) {
    return [{ path, message: 'needs "users" (closed), "arrivalsPerSecond" (open) or "arrivalsAt" (replayed)' }];
  }
  if ("arrivalsAt" in model && model.arrivalsAt.some((at, index, all) => !(at >= (all[index - 1] ?? 0)))) {
    return [{ path: `${path}.arrivalsAt`, message: "must be ms from 0 on, in order" }];
  }
  try {
    const { totalMs, most } = extentOf(model);
    if (totalMs > MAX_RUN_MS) return [{ path, message: "takes longer than 48 hours" }];
    if (!("arrivalsAt" in model) && most > MAX_VALUE) return [{ path, message: `asks for more than ${MAX_VALUE}` }];
    if (most <= 0) return [{ path, message: "asks for nothing" }];
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
  const maxUsers = "maxUsers" in model ? model.maxUsers : undefined;
  return maxUsers !== undefined && !(maxUsers >= 1)
    ? [{ path: `${path}.maxUsers`, message: "must be at least 1" }]
    : [];
}

function thresholdProblems(plan: LoadPlan): Problem[] {
  const problems: Problem[] = [];
  for (const [index, written] of (plan.thresholds ?? []).entries()) {
    const threshold = thresholdOf(written);
    try {
      const { metric } = parseDemand(threshold.that);
      if (metric === "iteration" && threshold.scenario === undefined) {
        problems.push({ path: `thresholds.${index}`, message: '"iteration" needs the scenario that it is about' });
      }
    } catch (error) {
      problems.push({ path: `thresholds.${index}`, message: (error as Error).message });
    }
    const names = plan.workloads?.flatMap(({ scenarios }) => scenarios?.map(({ name }) => name) ?? []) ?? [];
    if (threshold.scenario !== undefined && !names.includes(threshold.scenario)) {
      problems.push({
        path: `thresholds.${index}.scenario`,
        message: `must be one of ${names.map((name) => `"${name}"`).join(", ")}`,
      });
    }
  }
  return problems;
}

function limitProblems(plan: LoadPlan): Problem[] {
  const problems: Problem[] = [];
  for (const name of ["timeout", "gracefulStop", "satisfiedWithin"] as const) {
    const value = plan[name];
    if (value === undefined) continue;
    try {
      durationMs(value);
    } catch (error) {
      problems.push({ path: name, message: (error as Error).message });
    }
  }
  const streams = typeof plan.http2 === "object" ? plan.http2.streamsPerConnection : undefined;
  for (const [name, value] of [
    ["maxConnections", plan.maxConnections],
    ["maxRequests", plan.maxRequests],
    ["http2.streamsPerConnection", streams],
  ] as const) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      problems.push({ path: name, message: "must be a whole number from 1" });
    }
  }
  if (plan.onLostAgent !== undefined && !["stop", "redistribute"].includes(plan.onLostAgent)) {
    problems.push({ path: "onLostAgent", message: 'must be "stop" or "redistribute"' });
  }
  return problems;
}
