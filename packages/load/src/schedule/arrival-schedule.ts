import type { ArrivalModel, ReplayModel } from "../scenario/scenario.ts";
import { areaUntil, arrivalsOf, arrivalTime, courseOf } from "./stages.ts";

/** When arrivals are called for. */
export interface ArrivalSchedule {
  /** How many there are. */
  readonly total: number;
  readonly totalMs: number;
  /**
   * The time of an arrival in ms from the start, infinite from `total` on. Numbers between two whole ones are times
   * between two arrivals, which a schedule needs whose pace is changed on the way.
   */
  timeOf(arrival: number): number;
  /** How many arrivals come before a time, with a fraction where the course gives one. */
  before(atMs: number): number;
}

/**
 * The schedule of a model.
 * @throws {MusterError} `invalid-request` for a model that has none.
 */
export function scheduleOf(model: ArrivalModel | ReplayModel): ArrivalSchedule {
  if ("arrivalsAt" in model) return replaySchedule(model.arrivalsAt);
  const course = courseOf(model.arrivalsPerSecond, model.for);
  return {
    total: arrivalsOf(course),
    totalMs: course.totalMs,
    timeOf: (arrival) => arrivalTime(course, arrival),
    before: (atMs) => areaUntil(course, atMs),
  };
}

function replaySchedule(times: readonly number[]): ArrivalSchedule {
  return {
    total: times.length,
    totalMs: times.at(-1) ?? 0,
    timeOf: (arrival) => times[Math.ceil(arrival)] ?? Number.POSITIVE_INFINITY,
    before(atMs) {
      let low = 0;
      let high = times.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((times[middle] as number) < atMs) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}
