import type { MetricKind } from "../thresholds.ts";
import { report, unsupported, vu, withoutTheRest } from "../vu-bridge.ts";

/** A metric of a script's own. */
class Metric {
  readonly name: string;
  readonly #kind: MetricKind;

  constructor(kind: MetricKind, name: string) {
    if (!vu.initialising) throw new Error(`the metric "${name}" must be made outside of functions`);
    if (!/^[A-Za-z_]\w{0,127}$/.test(name)) throw new Error(`"${name}" is no name for a metric`);
    const before = vu.metrics[name];
    if (before !== undefined && before !== kind) throw new Error(`the metric "${name}" is a ${before} already`);
    this.name = name;
    this.#kind = kind;
    vu.metrics[name] = kind;
  }

  add(value: number | boolean, tags?: object): void {
    if (tags !== undefined && Object.keys(tags).length > 0) unsupported("a tag of a metric of the script's own");
    const number = this.#kind === "rate" ? (value === true || (value !== false && value !== 0) ? 1 : 0) : Number(value);
    if (!Number.isFinite(number)) throw new Error(`${String(value)} is no number for the metric "${this.name}"`);
    report({ type: "metric", kind: this.#kind, name: this.name, value: number });
  }
}

/** Percentiles of values. Whether they are times makes no difference here. */
export class Trend extends Metric {
  constructor(name: string, _isTime?: boolean) {
    super("trend", name);
  }
}

/** A sum. */
export class Counter extends Metric {
  constructor(name: string, _isTime?: boolean) {
    super("counter", name);
  }
}

/** The share of values that are not zero. */
export class Rate extends Metric {
  constructor(name: string, _isTime?: boolean) {
    super("rate", name);
  }
}

/** The newest of values, with the least and the greatest. */
export class Gauge extends Metric {
  constructor(name: string, _isTime?: boolean) {
    super("gauge", name);
  }
}

// Scripts may write: import metrics from "k6/metrics"
export default withoutTheRest({ Trend, Counter, Rate, Gauge }, "k6/metrics");
