import { isatty } from "node:tty";
import { stripVTControlCharacters, styleText } from "node:util";

/** Everything a command may use of the process it runs in. Passed in, so that tests can watch it. */
export interface Io {
  /** Writes to standard output: the answer. */
  out(text: string): void;
  /** Writes to standard error: progress, notices, errors. */
  err(text: string): void;
  /** Standard output as a stream, for output too long to be held in memory. */
  readonly outStream: NodeJS.WritableStream;
  /** Whether somebody looks at standard output. */
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Whether somebody can answer questions. */
  readonly canAsk: boolean;
  /** Width of the terminal in columns. */
  readonly columns: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Wall-clock time in milliseconds since the epoch. */
  readonly now: () => number;
}

/** How a piece of text is meant; the palette decides what that looks like. */
export type Tone = "strong" | "quiet" | "good" | "caution" | "bad" | "accent";

const STYLES = {
  strong: ["bold"],
  quiet: ["dim"],
  good: ["green"],
  caution: ["yellow"],
  bad: ["red"],
  accent: ["cyan"],
} as const;

/** Paints text. Without colour it returns the text as it is. */
export type Paint = (tone: Tone | readonly Tone[], text: string) => string;

/** Decides about colour as https://no-color.org asks, and FORCE_COLOR as Node does. */
export function paintFor(isTerminal: boolean, env: Io["env"]): Paint {
  const forced = env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0";
  const refused = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  if (refused || (!isTerminal && !forced)) return (_tone, text) => text;
  return (tone, text) => {
    const tones = typeof tone === "string" ? [tone] : tone;
    return styleText(
      tones.flatMap((each) => [...STYLES[each]]),
      text,
      { validateStream: false },
    );
  };
}

/** Columns that a text takes up, colour codes left out. */
export function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** The real process. */
export function processIo(): Io {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outStream: process.stdout,
    outIsTerminal: isatty(1),
    errIsTerminal: isatty(2),
    canAsk: isatty(0) && isatty(1),
    columns: () => process.stdout.columns ?? process.stderr.columns ?? 100,
    env: process.env,
    cwd: process.cwd(),
    now: () => Date.now(),
  };
}
