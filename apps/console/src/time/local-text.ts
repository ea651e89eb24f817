const INSTANT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

/** An instant in the reader's zone: `21 Nov 2026, 21:04:33`. */
export function instantText(at: string | number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : INSTANT.format(date);
}

/** Its time of day: `21:04:33`. */
export function clockText(at: number): string {
  return CLOCK.format(at);
}

/** Its day: `21 Nov 2026`. */
export function dayText(at: number): string {
  return DAY.format(at);
}
