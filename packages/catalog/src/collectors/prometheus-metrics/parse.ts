import type { Static } from "typebox";
import type { SampleSchema } from "./facts.ts";

export type Sample = Static<typeof SampleSchema>;

/** What a text of the exposition format says. */
export interface Exposition {
  readonly samples: Sample[];
  readonly malformedLines: number;
  readonly cut: boolean;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|(?=\}))/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads the Prometheus text exposition format 0.0.4; of OpenMetrics 1.0 what they have in common.
 * Comments, time stamps and exemplars are passed over. A line that is neither is counted, not fatal.
 */
export function parseExposition(text: string, limit: number): Exposition {
  const samples: Sample[] = [];
  let malformedLines = 0;
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    if (samples.length === limit) return { samples, malformedLines, cut: true };
    const sample = parseSample(trimmed);
    if (sample) samples.push(sample);
    else malformedLines += 1;
  }
  return { samples, malformedLines, cut: false };
}

function parseSample(line: string): Sample | undefined {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return undefined;
  let rest = line.slice(name.length).trimStart();
  const labels: Record<string, string> = {};
  if (rest.startsWith("{")) {
    rest = rest.slice(1);
    for (let label = LABEL.exec(rest); label; label = LABEL.exec(rest)) {
      // Defined, not assigned, so that a label called __proto__ is a label.
      Object.defineProperty(labels, label[1] ?? "", { value: unescaped(label[2] ?? ""), enumerable: true });
      rest = rest.slice(label[0].length);
    }
    rest = rest.trimStart();
    if (!rest.startsWith("}")) return undefined;
    rest = rest.slice(1).trimStart();
  } else if (rest === line.slice(name.length)) {
    return undefined;
  }
  const value = parseValue(rest.split(/\s/, 1)[0] ?? "");
  return value === undefined ? undefined : { name, labels, value };
}

function parseValue(text: string): Sample["value"] | undefined {
  if (/^nan$/i.test(text)) return "NaN";
  const infinity = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinity) return infinity[1] === "-" ? "-Inf" : "+Inf";
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  return value > 0 ? "+Inf" : "-Inf";
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_all, character: string) => (character === "n" ? "\n" : character));
}
