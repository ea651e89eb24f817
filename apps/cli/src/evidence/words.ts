import type { Evidence } from "@muster/kernel";
import type { Mark } from "../output/marks.ts";
import { CONTROL_MARKS, OUTCOME_MARKS } from "../output/marks.ts";

const RUN_MARKS = {
  started: { shape: "▸", tone: "quiet" },
  completed: { shape: "✓", tone: "quiet" },
  aborted: { shape: "■", tone: "caution" },
} as const satisfies Record<string, Mark>;

/** Shape, tone and word of what a record says. */
export function evidenceMark(evidence: Evidence): Mark & { readonly word: string } {
  switch (evidence.kind) {
    case "judgement":
      return { ...OUTCOME_MARKS[evidence.outcome], word: evidence.outcome };
    case "run":
      return { ...RUN_MARKS[evidence.milestone], word: evidence.milestone };
    case "waiver":
      return { ...CONTROL_MARKS.waived, word: "waived" };
  }
}

/** What a record is about. */
export function evidenceTitle(evidence: Evidence): string {
  switch (evidence.kind) {
    case "judgement":
      return evidence.check;
    case "run":
      return "run";
    case "waiver":
      return evidence.control;
  }
}

/** The sentence of a record. */
export function evidenceSummary(evidence: Evidence): string {
  return evidence.kind === "waiver" ? `until ${evidence.until}: ${evidence.reason}` : evidence.summary;
}
