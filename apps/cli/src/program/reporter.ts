import { MusterError } from "@muster/kernel";

/** Forms in which a judgement can be printed, by who reads it. */
export const REPORTERS = ["text", "minimal", "github", "junit", "sarif"] as const;
export type Reporter = (typeof REPORTERS)[number];

export const REPORTER_OPTIONS = {
  reporter: { kind: "choice", choices: REPORTERS, summary: "Form of the output; text unless given" },
  json: { kind: "flag", summary: "Print one JSON envelope instead of text" },
  sarif: { kind: "flag", summary: "Same as --reporter sarif" },
  junit: { kind: "flag", summary: "Same as --reporter junit" },
} as const;

/**
 * The form that the options ask for.
 * @throws {MusterError} `usage` when they ask for several.
 */
export function chosenReporter(options: {
  readonly reporter: Reporter | undefined;
  readonly json: boolean;
  readonly sarif: boolean;
  readonly junit: boolean;
}): Reporter | "json" {
  const chosen = new Set<Reporter | "json">();
  if (options.reporter !== undefined) chosen.add(options.reporter);
  for (const name of ["json", "sarif", "junit"] as const) if (options[name]) chosen.add(name);
  if (chosen.size > 1) {
    throw new MusterError("usage", `only one form can be printed, not ${[...chosen].join(" and ")} together`);
  }
  const [only = "text"] = chosen;
  return only;
}
