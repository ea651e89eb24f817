import type { CheckUnit } from "./check.ts";
import type { Collector } from "./collector.ts";

/** Everything that can be looked at and judged. */
export interface Catalog {
  readonly collectors: ReadonlyMap<string, Collector>;
  readonly checks: ReadonlyMap<string, CheckUnit>;
}
