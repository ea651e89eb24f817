import type { Instant } from "@muster/kernel";
import type { Pair } from "./accuracy.ts";
import type { ComparedShare } from "../traffic/shadow.ts";
import type { Alarm, AlarmState } from "./alarm.ts";
import type { MonitoringRecord, MonitoringSettings } from "./settings.ts";
import type { TruthDraft, TruthRecord } from "./truth.ts";
import type { Verdict, WindowColumn } from "./verdict.ts";
import type { Window } from "./windows.ts";

/** What was found out about a window. */
export interface WindowResult {
  readonly verdict: Verdict;
  /** Why, where there are no columns that say it. */
  readonly reason: string | null;
  /** The version that answered most rows, which is the one that was judged. */
  readonly version: string | null;
  /** Rows of that version, and of the others. */
  readonly rows: number;
  readonly otherRows: number;
  readonly columns: readonly WindowColumn[];
}

/** A window that was judged. */
export interface DriftWindow extends WindowResult {
  readonly model: string;
  readonly from: Instant;
  readonly to: Instant;
}

/** The right to judge a window, for a time. */
export interface WindowClaim {
  readonly model: string;
  readonly window: Window;
  readonly token: string;
  /** How often it was claimed, this time included. */
  readonly attempt: number;
}

export interface WindowFilter {
  readonly from?: Instant;
  /** Windows that began before it; for paging, the beginning of the last one of the page before. */
  readonly before?: Instant;
  readonly limit: number;
}

export interface AlarmFilter {
  readonly model?: string;
  readonly state?: AlarmState;
  /** Id of an alarm; those that come after it. For paging. */
  readonly after?: string;
  readonly limit: number;
}

/** What became of an alarm in a window. */
export interface AlarmNews {
  readonly state: AlarmState;
  readonly alarm: Alarm;
}

/** Rows that were recorded, by window and version. */
export interface WindowCount {
  readonly from: number;
  readonly version: string;
  readonly rows: number;
}

/** How a challenger did beside a champion in a window, over all replicas. */
export interface AgreementWindow extends ComparedShare {
  readonly from: number;
}

/** What is known of watched models. Changes by people are transactions with their entry in the audit log. */
export interface MonitoringStore {
  settings(): Promise<readonly MonitoringRecord[]>;
  /** Settings of a model; the defaults with revision 0 where none were made. @throws {MusterError} `not-found`. */
  settingsOf(model: string): Promise<MonitoringRecord>;
  /** @throws {MusterError} `not-found` for the model or the reference; `changed-meanwhile` for another revision. */
  setSettings(
    model: string,
    settings: MonitoringSettings,
    expected: number,
    actor: string,
    now: number,
  ): Promise<MonitoringRecord>;

  /** End of the last window that was judged; undefined before the first. */
  lastJudged(model: string): Promise<number | undefined>;
  /** Claims a window that is not judged and that nobody works on; undefined when another has it. */
  claim(model: string, window: Window, now: number, leaseMs: number): Promise<WindowClaim | undefined>;
  /**
   * Writes down what a window says and what follows for alarms, in one transaction. A claim that was lost meanwhile
   * writes nothing and gives undefined.
   */
  finish(claim: WindowClaim, result: WindowResult, now: number): Promise<readonly AlarmNews[] | undefined>;
  /** Windows of a model, newest first. */
  windows(model: string, filter: WindowFilter): Promise<readonly DriftWindow[]>;
  /** Writes down that somebody had records deleted. */
  noteDeletion(model: string, before: Instant, requests: number, actor: string): Promise<void>;
  /** Deletes windows that ended before an instant, alarms that were cleared before it, and truths of what was predicted before it. */
  forget(before: number): Promise<void>;

  /** Alarms, newest first. After one that does not exist there are none. */
  alarms(filter: AlarmFilter): Promise<readonly Alarm[]>;
  /** Alarms of a model that are not cleared. */
  openAlarms(model: string): Promise<number>;
  /** Doing it again keeps who did it first. @throws {MusterError} `not-found`. */
  acknowledge(id: string, note: string | null, actor: string, now: number): Promise<Alarm>;

  /** Adds to what is known of how challengers agreed in the minute of an instant. */
  addAgreement(shares: readonly ComparedShare[], now: number): Promise<void>;
  /** How a model's challengers agreed with its champions by windows of a size, newest first. */
  agreement(model: string, range: Window, size: number, limit: number): Promise<readonly AgreementWindow[]>;

  /** Writes down truths that are new; gives what is there now, in the order of the drafts. */
  addTruths(model: string, truths: readonly TruthDraft[], actor: string, now: number): Promise<readonly TruthRecord[]>;
  /** Truths about an output of a version in a window, at most `limit`, whichever these are. */
  truths(
    of: { readonly model: string; readonly version: string; readonly output: string },
    window: Window,
    limit: number,
  ): Promise<readonly Pair[]>;
  /** Rows that were recorded and those with a truth about an output, by windows of a size; newest windows first. */
  counts(
    of: { readonly model: string; readonly output: string | undefined },
    range: Window,
    size: number,
  ): Promise<{ readonly recorded: readonly WindowCount[]; readonly told: readonly WindowCount[] }>;
}
