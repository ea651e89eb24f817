/** Bytes as people say them: `842 B`, `52 kB`, `1.4 MB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A share from 0 to 1 as a percentage, never rounded up to all or down to nothing. */
export function shareText(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  const percent = share * 100;
  if (percent < 0.1) return "< 0.1 %";
  if (percent > 99.9) return "> 99.9 %";
  return `${percent.toFixed(1)} %`;
}

/** Milliseconds as they are read beside each other: `0.42 ms`, `12.3 ms`, `1.2 s`. */
export function millisecondsText(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(3))} ms`;
}

/** Seven digits are all that a 32-bit number has. */
function shortest(value: number): string {
  const text = String(Number(value.toPrecision(7)));
  return text.length > 12 ? value.toExponential(3) : text;
}

/** A value of an answer or a table as text. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : shortest(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}
