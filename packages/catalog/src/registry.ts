import type { Clock } from "@muster/kernel";
import type { CheckUnit, Collector, LoadRunner } from "@muster/contract";
import { errorRate } from "./checks/error-rate/index.ts";
import { httpAvailability } from "./checks/http-availability/index.ts";
import { httpLatency } from "./checks/http-latency/index.ts";
import { httpStatus } from "./checks/http-status/index.ts";
import { latencyP95 } from "./checks/latency-p95/index.ts";
import { readinessEndpoint } from "./checks/readiness-endpoint/index.ts";
import { createHttpExchange } from "./collectors/http-exchange/index.ts";
import { createLoadRun } from "./collectors/load-run/index.ts";
import { createReadinessEndpoint } from "./collectors/readiness-endpoint/index.ts";

/** What collectors need that the catalogue does not build itself. */
export interface Engines {
  readonly load: LoadRunner;
  /** Tells when something was observed. The machine's clock unless given. */
  readonly clock?: Clock;
}

const machineClock: Clock = { now: () => Date.now() };

/** Every collector. Add a line here when you add one. */
export function collectors({ load, clock = machineClock }: Engines): readonly Collector[] {
  return [createHttpExchange(clock), createReadinessEndpoint(clock), createLoadRun(load)];
}

/** Every check, in the order in which documentation lists them. Add a line here when you add one. */
export const checks: readonly CheckUnit[] = [
  httpAvailability,
  httpStatus,
  httpLatency,
  readinessEndpoint,
  errorRate,
  latencyP95,
];
