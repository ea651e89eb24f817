import type { Io } from "../output/io.ts";

/** A shell completes values of these kinds: files by name, folders by name, the rest from `choices`. */
type Hint = "file" | "folder";

interface OptionCommon {
  /** One line for help and documentation, without a full stop. */
  readonly summary: string;
}

/** An option that is there or not. */
export interface FlagOption extends OptionCommon {
  readonly kind: "flag";
  readonly short?: string;
}

/** An option with any text as its value. */
export interface TextOption extends OptionCommon {
  readonly kind: "text";
  /** What stands for the value in help: `FILE`, `NAME`. */
  readonly value: string;
  readonly hint?: Hint;
}

/** An option whose value is a whole number within bounds. */
export interface NumberOption extends OptionCommon {
  readonly kind: "number";
  readonly value: string;
  readonly minimum: number;
  readonly maximum: number;
}

/** An option whose value is a length of time such as `30s`; its parsed value is in milliseconds. */
export interface DurationOption extends OptionCommon {
  readonly kind: "duration";
  readonly value: string;
}

/** An option whose value is one of a few words. */
export interface ChoiceOption<C extends string = string> extends OptionCommon {
  readonly kind: "choice";
  readonly choices: readonly C[];
}

export type Option = FlagOption | TextOption | NumberOption | DurationOption | ChoiceOption;
export type Options = Readonly<Record<string, Option>>;

/** What the options of a command come to after parsing and validation. */
export type OptionValues<O extends Options> = {
  readonly [K in keyof O]: O[K] extends FlagOption
    ? boolean
    :
        | (O[K] extends NumberOption | DurationOption ? number : O[K] extends ChoiceOption<infer C> ? C : string)
        | undefined;
};

/** A word that stands on its own after the command. */
export interface Argument {
  /** What stands for it in help: `URL`. */
  readonly value: string;
  readonly summary: string;
  readonly required: boolean;
  readonly choices?: readonly string[];
}

/** What a command is given. */
export interface Invocation<O extends Options = Options> {
  readonly options: OptionValues<O>;
  readonly args: readonly string[];
  readonly io: Io;
}

/** Exit codes. Every command uses these and no others. */
export const EXIT = { good: 0, bad: 1, usage: 2, unjudged: 3, needsAnswer: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * One command. This declaration is all there is: parsing, validation, help, shell completion and the
 * reference page come from it.
 */
export interface Command<O extends Options = Options> {
  /** The words that call it: `check`, `evidence list`. */
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  /** A few sentences for whoever has not used it yet. */
  readonly description: string;
  readonly args: readonly Argument[];
  readonly options: O;
  readonly examples: readonly { readonly line: string; readonly says: string }[];
  /** Runs it. Throws a MusterError for everything that ends it early. */
  run(invocation: Invocation<O>): Promise<ExitCode>;
}

/** Declares a command, so that its `run` sees its options' types. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  // Its options are parsed by its own declaration, so the values have the types that `run` expects.
  return command;
}
