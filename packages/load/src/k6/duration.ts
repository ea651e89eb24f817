/** A duration as k6 writes it, `1m30s`, `500ms` or a number of ms, in ms; undefined for anything else. */
export function k6DurationMs(written: unknown): number | undefined {
  if (typeof written === "number") return Number.isFinite(written) && written >= 0 ? written : undefined;
  if (typeof written !== "string" || !/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(written)) return undefined;
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  let sum = 0;
  for (const [, number, unit = ""] of written.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)) {
    sum += Number(number) * (units[unit] as number);
  }
  return sum;
}
