/** One measured figure against its goal. */
export interface Bar {
  /** Kebab-case words with dots: `ledger.append`. */
  readonly bar: string;
  readonly figure: number;
  readonly unit: string;
  /** As printed: `>= 2000`. */
  readonly goal: string;
  readonly ok: boolean;
}

export interface BenchOptions {
  /** A short form that shows that the benchmark works; its figures mean nothing. */
  readonly smoke: boolean;
  /** Tells a person what is going on. */
  readonly say: (text: string) => void;
  /** Notes that some of the bars are missing, because the machine does not allow a judgement, and why. */
  readonly leaveOut: (reason: string) => void;
}

/** What the one function that a benchmark's `index.ts` exports is. */
export type Benchmark = (options: BenchOptions) => Promise<readonly Bar[]>;

/** The machine does not allow a judgement, and why. */
export class CannotJudge extends Error {
  override readonly name = "CannotJudge";
}

/** A figure that must not fall below its goal. */
export function atLeast(bar: string, figure: number, unit: string, goal: number): Bar {
  return { bar, figure: rounded(figure), unit, goal: `>= ${goal}`, ok: figure >= goal };
}

/** A figure that must not go above its goal. */
export function atMost(bar: string, figure: number, unit: string, goal: number): Bar {
  return { bar, figure: rounded(figure), unit, goal: `<= ${goal}`, ok: figure <= goal };
}

/** Three significant digits and whole numbers above; more would claim a precision that no run has. */
function rounded(figure: number): number {
  return Math.abs(figure) >= 100 ? Math.round(figure) : Number(figure.toPrecision(3));
}
