import type { Envelope } from "@muster/contract";
import { ERRORS, type MusterError } from "@muster/kernel";
import type { Paint } from "./io.ts";
import { paragraph } from "./text.ts";

/** An error as a person reads it: the sentence, every problem with its place, why, and what to do. */
export function problemText(error: MusterError, paint: Paint, columns: number): string {
  const { cause, fix } = ERRORS[error.code];
  const lines = [`${paint(["bad", "strong"], "ERROR")}: ${error.message}`];
  for (const problem of error.problems) {
    lines.push(`  ${problem.path === "" ? "(top)" : paint("strong", problem.path)} ${problem.message}`);
  }
  const room = Math.min(columns, 100);
  // What a usage error is about, its own sentence says better.
  if (error.problems.length === 0 && error.code !== "usage") lines.push(paragraph(cause, room, "why: ", "     "));
  lines.push(paragraph(fix, room, "fix: ", "     "), paint("quiet", `code: ${error.code}`), "");
  return lines.join("\n");
}

/** The same for programs. */
export function problemEnvelope(command: string, error: MusterError): Envelope {
  return {
    muster: 1,
    command,
    result: "error",
    verdict: error.message,
    error: {
      code: error.code,
      message: error.message,
      fix: ERRORS[error.code].fix,
      problems: error.problems,
    },
  };
}
