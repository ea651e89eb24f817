import type { Check, Collected, PlannedCheck } from "../check/check.ts";
import { judge } from "../check/judge.ts";
import { type Instant, toInstant } from "../clock/clock.ts";
import { canonicalJson, type JsonObject, wellFormed } from "../json/canonical.ts";
import type { Sha256 } from "./chain.ts";
import type { JudgementEvidence, Subject } from "./evidence.ts";
import type { FactsToKeep } from "./ledger.ts";

/**
 * Everything that judging needs, as plain JSON: who looked at what, when, what was seen, and which
 * checks were asked for. Saved to a file, it can be judged again anywhere, to the same evidence.
 */
export interface Collection {
  readonly run: string;
  readonly actor: string;
  readonly subject: Subject;
  /** When collecting ended; the time that the evidence carries. */
  readonly at: Instant;
  readonly facts: Readonly<Record<string, Collected>>;
  readonly plan: readonly PlannedCheck[];
}

/** What judging a collection gives: evidence to append, and the facts it points to. */
export interface Judged {
  readonly evidence: readonly JudgementEvidence[];
  readonly facts: readonly FactsToKeep[];
}

/**
 * Judges a collection. Pure: the same collection and checks give the same evidence, byte for byte
 * in canonical JSON, which is what makes replay a proof. A planned check that the catalogue does
 * not know is judged `unknown`, so that a rule which was removed cannot turn into a pass.
 */
export function judgeCollection(collection: Collection, checks: ReadonlyMap<string, Check>, sha256: Sha256): Judged {
  const facts = readable(collection.facts);
  const digests = new Map<string, string>();
  const keep = new Map<string, JsonObject>();
  const digestOf = (id: string): string | null => {
    const collected = Object.hasOwn(facts, id) ? facts[id] : undefined;
    if (collected?.status !== "collected") return null;
    let digest = digests.get(id);
    if (digest === undefined) {
      digest = sha256(canonicalJson(collected.value));
      digests.set(id, digest);
      keep.set(digest, collected.value);
    }
    return digest;
  };

  const evidence = collection.plan.map((planned): JudgementEvidence => {
    const check = checks.get(planned.check);
    const judgement = check
      ? judge(check, planned.parameters, facts)
      : { outcome: "unknown" as const, summary: `no check is called ${planned.check}` };
    return {
      v: 1,
      kind: "judgement",
      id: `${collection.run}/${planned.check}`,
      at: collection.at,
      actor: collection.actor,
      subject: collection.subject,
      run: collection.run,
      check: planned.check,
      parameters: planned.parameters,
      outcome: judgement.outcome,
      summary: judgement.summary.toWellFormed(),
      findings: (judgement.findings ?? []).map((finding) => ({
        ...finding,
        resource: finding.resource.toWellFormed(),
        message: finding.message.toWellFormed(),
      })),
      facts: Object.fromEntries((check?.requires ?? []).map((id) => [id, digestOf(id)])),
      validUntil: toInstant(Date.parse(collection.at) + planned.validForMs),
    };
  });
  return { evidence, facts: [...keep].map(([digest, value]) => ({ digest, value })) };
}

/** Facts may quote what a service sent, cut off anywhere; canonical JSON needs whole characters. */
function readable(facts: Collection["facts"]): Collection["facts"] {
  return Object.fromEntries(
    Object.entries(facts).map(([id, each]) => [
      id,
      each.status === "collected" ? { ...each, value: wellFormed(each.value) } : each,
    ]),
  );
}
