import type { Capacity, CapacityStep, LoadResult, StepOutcome } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { offerConstantRate } from "../constant-rate/constant-rate.ts";
import type { RequestDescription } from "../http/request-bytes.ts";
import { compareWith, parseDemand, shownValue } from "../thresholds/threshold.ts";
import { type CapacityOptions, DEFAULT_CAPACITY, findCapacity } from "./capacity-search.ts";

export interface CapacityMeasurement {
  readonly request: RequestDescription;
  /** What must hold at a rate: `p95 < 100ms`, `errors < 1%`. */
  readonly objective: readonly string[];
  /** How long each rate is held, in ms, after a warm-up in which nothing counts. */
  readonly stepMs?: number;
  readonly warmUpMs?: number;
  readonly search?: Partial<CapacityOptions>;
  readonly insecure?: boolean;
}

const DEFAULT_STEP_MS = 2_000;
const DEFAULT_WARM_UP_MS = 500;
/** An answer that takes longer than this has broken any objective; waiting for it would only prolong the search. */
const TIMEOUT_MS = 2_000;

type Demand = ReturnType<typeof parseDemand>;

/**
 * Finds the highest rate of one request at which an objective holds.
 * @throws {MusterError} `load-plan-invalid` for an objective that cannot be judged at one rate.
 */
export async function measureCapacity(
  measurement: CapacityMeasurement,
  signal: AbortSignal,
  onStep: (step: Omit<CapacityStep, "purpose">) => void = () => {},
): Promise<Capacity> {
  const { request, insecure = false, stepMs = DEFAULT_STEP_MS, warmUpMs = DEFAULT_WARM_UP_MS } = measurement;
  const demands = measurement.objective.map(readDemand);
  const load = { request, insecure, timeoutMs: TIMEOUT_MS };
  return findCapacity(
    async (ratePerSecond) => {
      // Fills caches and connections and empties what a service keeps for bursts.
      await offerConstantRate({ ...load, ratePerSecond, durationMs: warmUpMs }, signal);
      const outcome = judge(await offerConstantRate({ ...load, ratePerSecond, durationMs: stepMs }, signal), demands);
      onStep({ ratePerSecond, ...outcome });
      return outcome;
    },
    { ...DEFAULT_CAPACITY, ...measurement.search },
  );
}

function readDemand(text: string): Demand {
  const demand = parseDemand(text);
  const { metric, statistic } = demand;
  const time = (metric === undefined || metric === "response") && demand.unit === "ms";
  if (statistic !== "errors" && !(time && seenTime(statistic) !== undefined)) {
    throw new MusterError(
      "load-plan-invalid",
      `"${text}" is no objective for a rate: use min, mean, max, p50, p90, p95, p99 or p99.9 in ms, or errors in %`,
    );
  }
  return demand;
}

function seenTime(statistic: string): keyof NonNullable<LoadResult["response"]> | undefined {
  const names = {
    min: "min",
    mean: "mean",
    max: "max",
    p50: "p50",
    p90: "p90",
    p95: "p95",
    p99: "p99",
    "p99.9": "p999",
  } as const;
  return names[statistic as keyof typeof names];
}

function judge(result: LoadResult, demands: readonly Demand[]): StepOutcome {
  const parts: string[] = [];
  let holds = result.valid;
  for (const { statistic, operator, limit, unit } of demands) {
    const time = seenTime(statistic);
    const requests = result.answered + result.failed;
    const seen = time === undefined ? (requests === 0 ? undefined : result.failed / requests) : result.response?.[time];
    if (seen === undefined || !compareWith(seen, operator, limit)) holds = false;
    parts.push(`${statistic} ${seen === undefined ? "unknown" : shownValue(seen, unit)}`);
  }
  if (result.invalidBecause !== undefined) parts.push(result.invalidBecause);
  return {
    holds,
    goodPerSecond: (result.answered * 1_000) / result.durationMs,
    summary: parts.join(", "),
    p95: result.response?.p95,
  };
}
