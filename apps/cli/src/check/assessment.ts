import { hash } from "node:crypto";
import { describeCheck } from "@muster/application";
import type { Catalog, CheckDescription } from "@muster/contract";
import {
  type Collection,
  judgeCollection,
  type JsonObject,
  type JudgementEvidence,
  type Outcome,
  OUTCOMES,
  SEVERITIES,
  type Severity,
  type Sha256,
  type Subject,
} from "@muster/kernel";
import { EXIT, type ExitCode } from "../program/command.ts";
import { counted } from "../output/text.ts";

export const sha256: Sha256 = (text) => hash("sha256", text);

/** One judgement with what its check says of itself; a check that the catalogue lost says nothing. */
export interface Result {
  readonly evidence: JudgementEvidence;
  readonly check: CheckDescription | undefined;
}

/** What judging an address, or saved facts, came to. The same facts give the same assessment. */
export interface Assessment {
  readonly subject: Subject;
  /** When the facts were seen. */
  readonly at: string;
  /** In the order of the plan. */
  readonly results: readonly Result[];
  readonly counts: Readonly<Record<Outcome, number>>;
  /** `FAIL: 7 of 9 checks pass; 1 fail, 1 unknown`. */
  readonly sentence: string;
  readonly exit: ExitCode;
  /** What was seen, by digest. */
  readonly facts: ReadonlyMap<string, JsonObject>;
}

/** Judges collections, of which there is at least one. Pure, so that a replay says what the first judging said. */
export function assess(collections: readonly Collection[], catalog: Catalog): Assessment {
  const judged = collections.map((collection) => judgeCollection(collection, catalog.checks, sha256));
  const results = judged.flatMap(({ evidence }) =>
    evidence.map((each): Result => {
      const check = catalog.checks.get(each.check);
      return { evidence: each, check: check && describeCheck(check) };
    }),
  );
  const counts = { pass: 0, warn: 0, fail: 0, unknown: 0 };
  for (const { evidence } of results) counts[evidence.outcome] += 1;
  const exit = exitOf(counts);
  const last = collections.at(-1) as Collection;
  return {
    subject: last.subject,
    at: last.at,
    results,
    counts,
    sentence: sentence(exit, counts, results.length),
    exit,
    facts: new Map(judged.flatMap(({ facts }) => facts.map(({ digest, value }) => [digest, value] as const))),
  };
}

/** Results that a person should look at, what matters most first. */
export function troubles(assessment: Assessment): readonly Result[] {
  const order: readonly Outcome[] = ["fail", "warn", "unknown"];
  const severity = ({ check }: Result): number => SEVERITIES.indexOf(check?.severity ?? ("low" satisfies Severity));
  return assessment.results
    .filter(({ evidence }) => evidence.outcome !== "pass")
    .toSorted(
      (a, b) => order.indexOf(a.evidence.outcome) - order.indexOf(b.evidence.outcome) || severity(a) - severity(b),
    );
}

function exitOf(counts: Assessment["counts"]): ExitCode {
  if (counts.fail > 0) return EXIT.bad;
  return counts.pass + counts.warn === 0 ? EXIT.unjudged : EXIT.good;
}

function sentence(exit: ExitCode, counts: Assessment["counts"], total: number): string {
  if (exit === EXIT.unjudged) return `UNKNOWN: none of ${counted(total, "check")} could be judged`;
  const rest = OUTCOMES.filter((outcome) => outcome !== "pass" && counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`)
    .join(", ");
  const word = exit === EXIT.good ? "PASS" : "FAIL";
  return `${word}: ${counts.pass} of ${counted(total, "check")} pass${rest === "" ? "" : `; ${rest}`}`;
}
