import type { Json, JsonObject } from "../json/canonical.ts";

/** What a check concluded. `unknown` means that it could not judge; it never counts as `pass`. */
export type Outcome = "pass" | "warn" | "fail" | "unknown";

export const OUTCOMES = ["pass", "warn", "fail", "unknown"] as const satisfies readonly Outcome[];

/** How much a failure matters, in the order in which people should read failures. */
export type Severity = "critical" | "high" | "medium" | "low";

export const SEVERITIES = ["critical", "high", "medium", "low"] as const satisfies readonly Severity[];

/** The question a check belongs to; a run works through the categories in this order. */
export type Category = "health" | "security" | "load";

export const CATEGORIES = ["health", "security", "load"] as const satisfies readonly Category[];

/** One place where a check found something: the resource by name, and what was seen there. */
export interface Finding {
  readonly resource: string;
  readonly message: string;
}

/** The result of judging: the outcome, and a sentence that shows the resolved value against the expected one. */
export interface Judgement {
  readonly outcome: Outcome;
  /** For example `p95 212 ms, allowed 500 ms`. Never only "failed". */
  readonly summary: string;
  readonly findings?: readonly Finding[];
}

/** What a collector brought home: the facts, or why there are none. */
export type Collected =
  | { readonly status: "collected"; readonly value: JsonObject }
  | { readonly status: "unavailable"; readonly reason: string };

/**
 * A pure rule from facts to a judgement. It does no I/O, reads no clock (the time of collection is
 * a fact where it matters) and catches nothing: the runner turns a throw into `unknown`.
 */
export interface Check {
  /** Kebab-case, equal to the name of the folder that holds the check. */
  readonly id: string;
  /** What holds when the check passes: "Certificate is valid for at least 14 days". */
  readonly title: string;
  /** What is wrong when it fails: "Certificate is about to expire". */
  readonly failureTitle: string;
  /** Why anybody should care, for a reader who is new to the subject. */
  readonly why: string;
  /** What to do, as an instruction. */
  readonly fix: string;
  readonly category: Category;
  readonly severity: Severity;
  /** Ids of the facts that {@link judge} reads. It is given these and no others. */
  readonly requires: readonly string[];
  /** Parameter values that hold when the configuration says nothing. */
  readonly defaults: JsonObject;
  /** Clauses that a pass supports evidence for, as `framework:clause`, e.g. `pci-dss-4.0.1:4.2.1`. */
  readonly supports: readonly string[];
  /** Where the rule comes from: a specification, a guideline, a paper. */
  readonly references: readonly string[];
  /** CWE number of the weakness a failure shows, where one applies. */
  readonly cwe?: number;
  judge(facts: Readonly<Record<string, Json>>, parameters: JsonObject): Judgement;
}

/** A check as it is to be run: which one, with which parameters, and for how long its result is good. */
export interface PlannedCheck {
  readonly check: string;
  readonly parameters: JsonObject;
  /** Milliseconds after which the evidence is stale. */
  readonly validForMs: number;
}
