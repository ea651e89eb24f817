/** Milliseconds for people, with as many digits as say something: `0.42 ms`, `8.1 ms`, `212 ms`, `12,400 ms`. */
export function milliseconds(value: number): string {
  const digits = value < 1 ? 2 : value < 10 ? 1 : 0;
  return `${grouped(Number(value.toFixed(digits)))} ms`;
}

/** A share for people: `0.42 %`. It never rounds to 0 % or 100 % what is not exactly that. */
export function percent(share: number): string {
  const value = share * 100;
  for (const digits of [0, 1, 2, 3, 4]) {
    const rounded = Number(value.toFixed(digits));
    const exact = Math.abs(rounded - value) < 1e-9;
    if (exact || (digits >= 2 && rounded !== 0 && rounded !== 100)) return `${rounded} %`;
  }
  return value < 50 ? "< 0.0001 %" : "> 99.9999 %";
}

/** Bytes for people, in powers of 1024: `512 B`, `1.5 MiB`, `79 GiB`. */
export function byteSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(value < 10 && unit > 0 ? 1 : 0))} ${units[unit]}`;
}

/** A number with commas between thousands, the same on every machine. */
export function grouped(value: number): string {
  const [whole = "", fraction] = String(value).split(".");
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? commas : `${commas}.${fraction}`;
}
