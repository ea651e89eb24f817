import type { AssessedControl, Evidence, GateVerdict, Ground } from "@muster/kernel";
import type { CheckDescription } from "@muster/contract";

/** A verdict in the order in which it should be read. */
export interface ReadVerdict {
  /** Controls that keep the gate shut: failed, then missing, then stale. */
  readonly blockers: readonly AssessedControl[];
  /** Not met, but accepted by a named person for a while. */
  readonly waived: readonly AssessedControl[];
  /** What holds. */
  readonly met: readonly AssessedControl[];
}

export function readVerdict(verdict: GateVerdict): ReadVerdict {
  const of = (...statuses: readonly AssessedControl["status"][]) =>
    verdict.controls.filter((control) => statuses.includes(control.status));
  return { blockers: of("failed", "missing", "stale"), waived: of("waived"), met: of("met") };
}

/** The verdict's sentence in two parts, so that its first words can carry the colour: `NOT READY`, `9 of 12 …`. */
export function verdictParts(sentence: string): { readonly word: string; readonly rest: string } {
  const at = sentence.indexOf(":");
  return at === -1
    ? { word: sentence, rest: "" }
    : { word: sentence.slice(0, at), rest: sentence.slice(at + 1).trim() };
}

/** What a ground says in a few words: what is wrong where it failed, otherwise what ought to hold. */
export function groundTitle(ground: Ground, check: CheckDescription | undefined): string {
  if (!check) return ground.check;
  return ground.status === "failed" ? check.failureTitle : check.title;
}

/**
 * What to do about a ground that does not hold. A check's own fix answers a failure; where nothing
 * could be seen, or what was seen is too old, something else has to be done first.
 */
export function groundFix(ground: Ground, check: CheckDescription | undefined): string | undefined {
  switch (ground.status) {
    case "met":
      return undefined;
    case "failed":
      return check?.fix;
    case "missing":
      return ground.evidence
        ? "Remove what kept it from being seen, then judge again with a new run."
        : "Judge it: the next run looks at it for the first time.";
    case "stale":
      return "Judge it again with a new run; what was seen is too old to count.";
  }
}

/** Grounds in the order in which they decide: those that do not hold first. */
export function groundsWorstFirst(control: AssessedControl): readonly Ground[] {
  const order = ["failed", "missing", "stale", "met"] as const;
  return [...control.grounds].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
}

/** A control in one line: what was seen of what does not hold, or of everything where all holds. */
export function controlSaid(control: AssessedControl): string {
  if (control.waiver) return control.waiver.evidence.reason;
  const telling = control.status === "met" ? control.grounds : control.grounds.filter(({ status }) => status !== "met");
  return telling.map((ground) => ground.reason).join("; ");
}

/** When the oldest piece of evidence under a control was seen; undefined where there is none. */
export function oldestEvidence(control: AssessedControl): string | undefined {
  return control.grounds
    .flatMap((ground) => (ground.evidence ? [ground.evidence.evidence.at] : []))
    .sort()
    .at(0);
}

/** When the newest piece of evidence under any of the controls was seen. */
export function newestEvidence(controls: readonly AssessedControl[]): string | undefined {
  return controls
    .flatMap(({ grounds }) => grounds.flatMap((ground) => (ground.evidence ? [ground.evidence.evidence.at] : [])))
    .sort()
    .at(-1);
}

/** Descriptions by id, for looking one up. */
export function checksById(checks: readonly CheckDescription[]): ReadonlyMap<string, CheckDescription> {
  return new Map(checks.map((check) => [check.id, check]));
}

/** What a record is about, in the words of its kind. */
export function evidenceTitle(evidence: Evidence, check: CheckDescription | undefined): string {
  switch (evidence.kind) {
    case "judgement":
      if (!check) return evidence.check;
      return evidence.outcome === "fail" ? check.failureTitle : check.title;
    case "run":
      return `Run ${evidence.milestone}`;
    case "waiver":
      return `Waiver of ${evidence.control}`;
  }
}

/** The sentence of a record: what was seen, or what was decided. */
export function evidenceSentence(evidence: Evidence): string {
  return evidence.kind === "waiver" ? evidence.reason : evidence.summary;
}
