/** Where a value lies on an axis: 0 at its beginning, 1 at its end. */
export type Scale = (value: number) => number;

/** An axis with the values that are written on it. */
export interface Axis {
  readonly scale: Scale;
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 2.5, 5, 10];
/** Lengths of time that people count in, in seconds. */
const TIME_STEPS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
];

/** An axis from 0 to a round number at or above `most`, with about `count` lines. */
export function linearAxis(most: number, count = 4): Axis {
  const wanted = (most > 0 ? most : 1) / count;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = (STEPS.find((each) => each * power >= wanted * 0.999) ?? 10) * power;
  const lines = Math.max(1, Math.ceil((most > 0 ? most : 1) / step - 1e-9));
  const top = lines * step;
  return {
    scale: (value) => Math.min(1, Math.max(0, value / top)),
    // Sums of a decimal step gather an error that would be printed.
    ticks: Array.from({ length: lines + 1 }, (_, index) => Number((index * step).toPrecision(12))),
  };
}

/** An axis on which each power of ten is equally long. Both ends must be above 0. */
export function logAxis(low: number, high: number): Axis {
  const [from, to] = [Math.log10(low), Math.log10(Math.max(high, low * 1.01))];
  const first = Math.ceil(from - 1e-9);
  const last = Math.floor(to + 1e-9);
  return {
    scale: (value) => Math.min(1, Math.max(0, (Math.log10(value) - from) / (to - from))),
    ticks: Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index)),
  };
}

/** An axis of time from 0 to `totalMs`, with at most `count` values after the first. */
export function timeAxis(totalMs: number, count = 5): Axis {
  const total = Math.max(1, totalMs);
  const step = (TIME_STEPS.find((each) => total / (each * 1_000) <= count) ?? 86_400) * 1_000;
  return {
    scale: (value) => Math.min(1, Math.max(0, value / total)),
    ticks: Array.from({ length: Math.floor(total / step + 1e-9) + 1 }, (_, index) => index * step),
  };
}

/** A number for an axis: `0`, `250`, `1,500`, `12k`, `3.5M`. */
export function tickText(value: number): string {
  if (value >= 1_000_000) return `${Number((value / 1_000_000).toPrecision(3))}M`;
  if (value >= 10_000) return `${Number((value / 1_000).toPrecision(3))}k`;
  return value >= 1_000 ? value.toLocaleString("en-GB") : String(Number(value.toPrecision(3)));
}

/** Milliseconds for people: `0.42 ms`, `18 ms`, `2.4 s`. */
export function millisecondsText(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value >= 1_000) return `${Number((value / 1_000).toPrecision(3))} s`;
  return `${Number(value.toPrecision(value >= 100 ? 3 : 2))} ms`;
}

/** A share of 1 in per cent: `0 %`, `0.13 %`, `12 %`; what is not nothing never reads as 0. */
export function shareText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return "< 0.01 %";
  return `${Number(percent.toPrecision(percent >= 10 ? 3 : 2))} %`;
}

/** Time since the start of a run: `0 s`, `45 s`, `1:30`, `2:00:00`. */
export function sinceStartText(ms: number): string {
  const seconds = Math.round(ms / 100) / 10;
  if (seconds < 60) return `${seconds} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
