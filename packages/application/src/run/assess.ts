import {
  type Category,
  type Clock,
  type Collection,
  judgeCollection,
  type Ledger,
  type LedgerRecord,
  type Outcome,
  OUTCOMES,
  type PlannedCheck,
  type Sha256,
  type Subject,
  toInstant,
} from "@muster/kernel";
import type { Catalog, Permission, Target } from "@muster/contract";
import { collect } from "../collect.ts";

/** One question about one target, asked on behalf of somebody. */
export interface AssessRequest {
  readonly run: string;
  readonly actor: string;
  readonly subject: Subject;
  readonly target: Target;
  readonly allowed: readonly Permission[];
  readonly plan: readonly PlannedCheck[];
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

/** The part of a plan that belongs to a category. */
export function planFor(category: Category, plan: readonly PlannedCheck[], catalog: Catalog): readonly PlannedCheck[] {
  return plan.filter((planned) => catalog.checks.get(planned.check)?.category === category);
}

/** Collects every fact that a plan's checks need. Nothing is judged or stored yet. */
export async function gather(request: AssessRequest, catalog: Catalog, clock: Clock): Promise<Collection> {
  const kinds = new Set(request.plan.flatMap((planned) => catalog.checks.get(planned.check)?.requires ?? []));
  const facts = await collect({
    target: request.target,
    collectors: catalog.collectors,
    kinds: [...kinds],
    allowed: request.allowed,
    ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
    signal: request.signal,
  });
  return {
    run: request.run,
    actor: request.actor,
    subject: request.subject,
    at: toInstant(clock.now()),
    facts,
    plan: request.plan,
  };
}

/** Judges a collection and appends the evidence. Doing it again for the same run appends nothing. */
export async function record(
  collection: Collection,
  { catalog, ledger, sha256 }: { catalog: Catalog; ledger: Ledger; sha256: Sha256 },
): Promise<readonly LedgerRecord[]> {
  const judged = judgeCollection(collection, catalog.checks, sha256);
  return ledger.append(judged.evidence, judged.facts);
}

/** Counts outcomes in words: `7 checks: 5 pass, 1 warn, 1 fail`. */
export function tally(outcomes: readonly Outcome[]): string {
  const counts = OUTCOMES.map((outcome) => [outcome, outcomes.filter((each) => each === outcome).length] as const);
  const parts = counts.filter(([, count]) => count > 0).map(([outcome, count]) => `${count} ${outcome}`);
  return `${outcomes.length} ${outcomes.length === 1 ? "check" : "checks"}${parts.length > 0 ? `: ${parts.join(", ")}` : ""}`;
}
