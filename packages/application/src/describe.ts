import type { Check } from "@muster/kernel";
import type { CheckDescription } from "@muster/contract";

/** What a check says of itself, without its code. */
export function describeCheck(check: Check): CheckDescription {
  return {
    id: check.id,
    title: check.title,
    failureTitle: check.failureTitle,
    why: check.why,
    fix: check.fix,
    category: check.category,
    severity: check.severity,
    requires: [...check.requires],
    supports: [...check.supports],
    references: [...check.references],
    ...(check.cwe === undefined ? {} : { cwe: check.cwe }),
  };
}
