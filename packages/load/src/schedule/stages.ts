import { durationMs, type Duration, MusterError } from "@muster/kernel";

/** From the value before to `to`, evenly, within `over`. */
export interface Stage {
  readonly to: number;
  readonly over: Duration;
}

/** A value over time in straight lines: users, or arrivals per second. */
export interface Course {
  readonly lines: readonly Line[];
  readonly totalMs: number;
}

interface Line {
  readonly startMs: number;
  readonly lengthMs: number;
  readonly from: number;
  readonly to: number;
  /** Area under all lines before this one, in value × seconds: the arrivals before it begins. */
  readonly before: number;
}

/**
 * The course of a constant value, or of stages from 0 or the value given.
 * @throws {MusterError} `invalid-request` for negative values or lengths that are no durations.
 */
export function courseOf(value: number | readonly Stage[], over: Duration | undefined, from = 0): Course {
  if (typeof value === "number") {
    if (over === undefined) throw new MusterError("invalid-request", "a constant load needs to know for how long");
    return courseOf([{ to: value, over }], undefined, value);
  }
  const lines: Line[] = [];
  let startMs = 0;
  let current = from;
  let before = 0;
  for (const stage of value) {
    if (!(stage.to >= 0) || !Number.isFinite(stage.to)) {
      throw new MusterError("invalid-request", `a stage cannot lead to ${stage.to}`);
    }
    const lengthMs = readDuration(stage.over);
    lines.push({ startMs, lengthMs, from: current, to: stage.to, before });
    before += (((current + stage.to) / 2) * lengthMs) / 1_000;
    startMs += lengthMs;
    current = stage.to;
  }
  if (lines.length === 0) throw new MusterError("invalid-request", "a load needs at least one stage");
  return { lines, totalMs: startMs };
}

function readDuration(text: Duration): number {
  try {
    return durationMs(text);
  } catch (error) {
    throw new MusterError("invalid-request", (error as Error).message, { cause: error });
  }
}

/** The value at a time, in ms from the start; 0 after the end. */
export function valueAt(course: Course, atMs: number): number {
  const line = course.lines.find((each) => atMs < each.startMs + each.lengthMs);
  if (line === undefined || atMs < 0) return 0;
  return line.from + ((line.to - line.from) * (atMs - line.startMs)) / line.lengthMs;
}

/** The area under a course until a time, in value × seconds: for arrivals per second, those before that time. */
export function areaUntil(course: Course, atMs: number): number {
  let area = 0;
  for (const { startMs, lengthMs, from, to } of course.lines) {
    const inLine = Math.min(Math.max(atMs - startMs, 0), lengthMs);
    const reached = from + ((to - from) * inLine) / lengthMs;
    area += (((from + reached) / 2) * inLine) / 1_000;
  }
  return area;
}

/** The greatest value that a course reaches. */
export function peakOf(course: Course): number {
  return Math.max(...course.lines.map((line) => Math.max(line.from, line.to)));
}

/** How many arrivals a course of arrivals per second calls for. */
export function arrivalsOf(course: Course): number {
  const last = course.lines.at(-1) as Line;
  // A course of 3,000/s for 0.1 s is 300 arrivals, whatever binary fractions make of it.
  return Math.floor(last.before + (((last.from + last.to) / 2) * last.lengthMs) / 1_000 + 1e-6);
}

/**
 * The time of the arrival with a number from 0, in ms from the start; infinite when there is none. Arrival n comes
 * where the area under the course reaches n: evenly at a constant rate, beginning at once.
 */
export function arrivalTime(course: Course, index: number): number {
  if (index >= arrivalsOf(course)) return Number.POSITIVE_INFINITY;
  let line = course.lines[0] as Line;
  for (const each of course.lines) if (each.before <= index) line = each;
  const area = index - line.before;
  if (area <= 0) return line.startMs;
  // area = from × t + slope × t² / 2, with t in seconds; the root that also holds when the slope is near 0.
  const slope = ((line.to - line.from) / line.lengthMs) * 1_000;
  const root = Math.sqrt(Math.max(0, line.from * line.from + 2 * slope * area));
  return line.startMs + ((2 * area) / (line.from + root)) * 1_000;
}
