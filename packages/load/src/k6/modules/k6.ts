import { call, report, unsupported, vu, withoutTheRest } from "../vu-bridge.ts";

/** k6's `check`: counts each condition; true when all of them hold. */
export function check(value: unknown, conditions: Readonly<Record<string, unknown>>, tags?: object): boolean {
  if (tags !== undefined && Object.keys(tags).length > 0) unsupported("a tag of a check");
  let all = true;
  for (const [name, condition] of Object.entries(conditions)) {
    const passed = Boolean(
      typeof condition === "function" ? (condition as (seen: unknown) => unknown)(value) : condition,
    );
    all &&= passed;
    report({ type: "check", name: vu.prefix + name, passed });
  }
  return all;
}

/** k6's `group`: what is done within carries its name. */
export function group<T>(name: string, work: () => T): T {
  const before = vu.prefix;
  const started = performance.now();
  vu.prefix = `${before}${name} / `;
  let result: T;
  try {
    result = work();
  } finally {
    report({ type: "group", name: before + name, ms: performance.now() - started });
    vu.prefix = before;
  }
  if (result instanceof Promise) unsupported("an asynchronous function within group()");
  return result;
}

/** k6's `sleep`, in seconds. */
export function sleep(seconds: number): void {
  call({ type: "sleep", ms: Math.max(0, seconds * 1_000) });
}

/** k6's `fail`: ends the iteration as one that failed. */
export function fail(message = ""): never {
  throw new Error(message);
}

/** k6's `randomSeed`: `Math.random` gives the same numbers in every run. */
export function randomSeed(seed: number): void {
  // Mulberry32: the kernel's own would bring the whole kernel into a thread that ought to be small.
  let state = Math.trunc(seed) >>> 0;
  Math.random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

// Scripts may write: import k6 from "k6"
export default withoutTheRest({ check, group, sleep, fail, randomSeed }, "k6");
