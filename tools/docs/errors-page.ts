import { ERRORS, type ErrorEntry } from "@muster/kernel";
import { madeFrom } from "./markdown.ts";

/** The page of every error that Muster can name. */
export function errorsPage(): string {
  const entries = Object.entries(ERRORS).sort(([a], [b]) => a.localeCompare(b, "en"));
  return [
    "# Errors",
    "",
    madeFrom("packages/kernel/src/error/catalogue.ts"),
    "",
    "Every failure that Muster can name has a code. Codes are stable: scripts may rely on them. A command prints the",
    "sentence, the fix and the code; with `--json` they stand under `error`. The API answers with",
    "`application/problem+json` (RFC 9457) and the same code.",
    "",
    ...entries.flatMap(([code, entry]) => section(code, entry)),
  ].join("\n");
}

function section(code: string, { title, status, exit, cause, fix }: ErrorEntry): string[] {
  return [
    `## ${code}`,
    "",
    `${title}.`,
    "",
    `- Exit code ${exit}, HTTP status ${status}.`,
    `- Cause: ${cause}`,
    `- Fix: ${fix}`,
    "",
  ];
}
