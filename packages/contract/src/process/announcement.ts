import type { GateVerdict, StepChange, Problem, ErrorCode } from "@muster/kernel";
import type { CheckDescription } from "../api/evidence.ts";

/** Paths of what a run wrote for people and for replay. */
export interface RunFiles {
  readonly html: string;
  readonly json: string;
  readonly facts: string;
}

/** What the server process tells the command that started it, over the IPC channel, in this order. */
export type Announcement =
  | { readonly type: "step"; readonly change: StepChange }
  /** Something that the reader should know and that is no failure: a port was taken, a run is being resumed. */
  | { readonly type: "notice"; readonly text: string }
  | { readonly type: "listening"; readonly url: string; readonly signIn?: string }
  | {
      readonly type: "verdict";
      readonly run: string;
      readonly verdict: GateVerdict;
      readonly checks: readonly CheckDescription[];
      readonly files: RunFiles;
      readonly head: { readonly seq: number; readonly hash: string };
    }
  | {
      readonly type: "failed";
      readonly code: ErrorCode;
      readonly message: string;
      readonly problems: readonly Problem[];
    };
