import type { CheckDescription } from "@muster/contract";
import type { AssessedControl, GateVerdict, Ground } from "@muster/kernel";
import type { Paint } from "./io.ts";
import { CONTROL_MARKS } from "./marks.ts";
import { counted, paragraph } from "./text.ts";

/** Indent under a control, so that its grounds line up below its title. */
const INDENT = " ".repeat(11);
const WIDEST = 110;

/**
 * A verdict as a person reads it: the sentence first, then every control that keeps the gate shut with
 * what was seen and what to do, then what was waived. What holds is only counted.
 */
export function verdictText(
  verdict: GateVerdict,
  checks: readonly CheckDescription[],
  paint: Paint,
  columns: number,
): string {
  const descriptions = new Map(checks.map((check) => [check.id, check]));
  const lines = [sentenceLine(verdict, paint), ""];
  const blockers = verdict.controls.filter(({ status }) => status !== "met" && status !== "waived");
  for (const each of blockers) lines.push(...controlLines(each, descriptions, paint, Math.min(columns, WIDEST)));
  for (const each of verdict.controls.filter(({ status }) => status === "waived")) {
    lines.push(...waivedLines(each, paint, Math.min(columns, WIDEST)));
  }
  const met = verdict.counts.met;
  if (met > 0) lines.push(`${paint("good", "●")} ${counted(met, "control")} met`);
  return `${lines.join("\n").trimEnd()}\n`;
}

/** The sentence, its first words in the colour of the verdict. */
export function sentenceLine(verdict: { readonly go: boolean; readonly sentence: string }, paint: Paint): string {
  const at = verdict.sentence.indexOf(":");
  const word = at === -1 ? verdict.sentence : verdict.sentence.slice(0, at);
  return paint(["strong", verdict.go ? "good" : "bad"], word) + paint("strong", verdict.sentence.slice(word.length));
}

function controlLines(
  { control, status, grounds }: AssessedControl,
  descriptions: ReadonlyMap<string, CheckDescription>,
  paint: Paint,
  columns: number,
): string[] {
  const { shape, tone } = CONTROL_MARKS[status];
  const head = `${paint(tone, `${shape} ${status.padEnd(8)}`)} ${paint("strong", control.title)}`;
  const lines = [`${head} ${paint("quiet", `(${control.id}, ${control.owner})`)}`];
  for (const alike of alikeGrounds(grounds.filter((each) => each.status !== "met"))) {
    const [first] = alike;
    const names = alike.map((each) => each.check).join(", ");
    lines.push(paragraph(`${names}: ${first.reason}`, columns, INDENT));
    lines.push(paragraph(fixOf(first, descriptions.get(first.check)), columns, `${INDENT}fix: `, `${INDENT}     `));
  }
  return [...lines, ""];
}

/** What could not be judged for one and the same reason is said once; every failure stands alone, with its own fix. */
function alikeGrounds(grounds: readonly Ground[]): readonly (readonly [Ground, ...Ground[]])[] {
  const groups = new Map<string, [Ground, ...Ground[]]>();
  for (const ground of grounds) {
    const key = ground.status === "failed" ? ground.check : `${ground.status} ${ground.reason}`;
    const group = groups.get(key);
    if (group) group.push(ground);
    else groups.set(key, [ground]);
  }
  return [...groups.values()];
}

/** What a person does about a check that does not hold. */
export function fixOf(ground: Ground, check: CheckDescription | undefined): string {
  if (ground.status === "stale") return "Judge it again: run `muster up`.";
  if (!ground.evidence) return "Judge it: run `muster up`.";
  if (ground.status === "missing") return "Remove what kept it from being seen, then judge again: run `muster up`.";
  return check?.fix ?? "Look at the evidence; the check itself is no longer in the catalogue.";
}

function waivedLines({ control, waiver }: AssessedControl, paint: Paint, columns: number): string[] {
  const { shape, tone } = CONTROL_MARKS.waived;
  const evidence = waiver?.evidence;
  return [
    `${paint(tone, `${shape} waived  `)} ${paint("strong", control.title)} ${paint("quiet", `(${control.id}, ${control.owner})`)}`,
    paragraph(
      `by ${evidence?.actor ?? "somebody"} until ${evidence?.until ?? "?"}: ${evidence?.reason ?? ""}`,
      columns,
      INDENT,
    ),
    "",
  ];
}
