import type { ThreadSnapshot } from "../engine/thread-run.ts";

/** What can be told to a run while it goes on. */
export type LoadCommand =
  | { readonly type: "pause" | "resume" | "stop" | "abort" }
  /** Multiplies the users and the arrivals that the plan calls for. */
  | { readonly type: "scale"; readonly factor: number };

/** One part of the generator, wherever it runs. */
export interface LoadThread {
  /** For messages: `worker 2`, or the name of a machine. */
  readonly name: string;
  /** What it had counted when it last said so; undefined before that. */
  latest(): ThreadSnapshot | undefined;
  command(command: LoadCommand): void;
  /** Whether it was lost with its machine or on the way to it; its work was as good as that of the others. */
  readonly vanished?: boolean;
  /** Settles when the part has ended: with why it was lost, or with nothing when all is well. */
  readonly finished: Promise<string | undefined>;
}
