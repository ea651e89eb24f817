import { wilsonInterval } from "@muster/kernel";
import { CHAMPION } from "../registry/registry.ts";
import type { ServedModel } from "../serving/served-model.ts";
import type { ServingTable } from "../serving/serving-table.ts";
import type { Tensors } from "../tensor/tensor.ts";
import { compareAnswers } from "./agreement.ts";

/** How a challenger did beside a champion, since both have been what they are. */
export interface ShadowStatistics {
  readonly champion: string;
  readonly challenger: string;
  readonly rows: number;
  readonly agreeing: number;
  /** Of all compared rows; null before the first. */
  readonly agreement: number | null;
  /** Where it lies with 95 % confidence (Wilson). */
  readonly agreementLow: number;
  readonly agreementHigh: number;
  /** Null before the first row, and where the answers cannot be compared. */
  readonly largestDifference: number | null;
  /** Requests that the challenger could not answer. */
  readonly failures: number;
  /** Requests that were left out, because the challenger was behind. */
  readonly skipped: number;
}

/** Lets a challenger answer what the champion answered, without anybody waiting for it. */
export interface Shadow {
  /** To be told of each answer of a model. */
  consider(model: ServedModel, inputs: Tensors, rows: number, outputs: Tensors): void;
  statistics(name: string): ShadowStatistics | undefined;
  /** What was compared since this was last asked, of every pair; whoever asks writes it down. */
  takeNew(): readonly ComparedShare[];
}

/** How two versions did beside each other in some time. */
export interface ComparedShare {
  readonly model: string;
  readonly champion: string;
  readonly challenger: string;
  readonly rows: number;
  readonly agreeing: number;
  /** Infinite where answers could not be compared. */
  readonly largestDifference: number;
  readonly failures: number;
  readonly skipped: number;
}

interface Tally {
  readonly model: string;
  readonly champion: string;
  readonly challenger: string;
  rows: number;
  agreeing: number;
  largestDifference: number;
  failures: number;
  skipped: number;
}

/** Requests that a challenger works on at most; the champion's callers come first. */
const MAX_UNANSWERED = 32;

export function createShadow(table: ServingTable): Shadow {
  const tallies = new Map<string, Tally>();
  /** What nobody has taken yet, by pair. */
  let unwritten = new Map<string, Tally>();
  /** What is owed of each model's share, so that 25 % is every fourth request and no matter of luck. */
  const owed = new Map<string, number>();
  const unanswered = new Map<string, number>();

  function tallyOf(name: string, champion: string, challenger: string): Tally {
    let tally = tallies.get(name);
    if (tally?.champion !== champion || tally.challenger !== challenger) {
      tally = emptyTally(name, champion, challenger);
      tallies.set(name, tally);
    }
    return tally;
  }

  /** Counts in the tally since both have been what they are, and in what is written down. */
  function count(tally: Tally, change: (each: Tally) => void): void {
    const { model, champion, challenger } = tally;
    const pair = `${model} ${champion} ${challenger}`;
    let recent = unwritten.get(pair);
    if (recent === undefined) {
      recent = emptyTally(model, champion, challenger);
      unwritten.set(pair, recent);
    }
    change(tally);
    change(recent);
  }

  async function compare(
    challenger: ServedModel,
    tally: Tally,
    inputs: Tensors,
    rows: number,
    outputs: Tensors,
  ): Promise<void> {
    unanswered.set(challenger.name, (unanswered.get(challenger.name) ?? 0) + 1);
    try {
      const agreement = compareAnswers(outputs, await challenger.compute(inputs, rows), rows);
      count(tally, (each) => {
        each.rows += rows;
        each.agreeing += agreement.agreeing;
        each.largestDifference = Math.max(each.largestDifference, agreement.largestDifference);
      });
    } catch {
      // Nobody asked for this answer, so nobody is told; the tally is what it is for.
      count(tally, (each) => {
        each.failures += 1;
      });
    } finally {
      unanswered.set(challenger.name, (unanswered.get(challenger.name) ?? 1) - 1);
    }
  }

  return {
    consider(model, inputs, rows, outputs) {
      const entry = table.entry(model.name);
      const percent = entry?.traffic.shadowPercent ?? 0;
      if (entry === undefined || percent === 0 || entry.aliases.get(CHAMPION) !== model.version) return;
      const version = entry.aliases.get("challenger");
      const challenger = version === undefined ? undefined : table.find(model.name, version);
      if (challenger === undefined || challenger.version === model.version) return;
      const due = (owed.get(model.name) ?? 0) + percent / 100;
      owed.set(model.name, due >= 1 ? due - 1 : due);
      if (due < 1) return;
      const tally = tallyOf(model.name, model.version, challenger.version);
      if ((unanswered.get(model.name) ?? 0) >= MAX_UNANSWERED) {
        count(tally, (each) => {
          each.skipped += 1;
        });
      } else void compare(challenger, tally, inputs, rows, outputs);
    },
    takeNew() {
      const taken = [...unwritten.values()];
      unwritten = new Map();
      return taken;
    },
    statistics(name) {
      const tally = tallies.get(name);
      if (tally === undefined) return undefined;
      const { model: _model, ...counted } = tally;
      const interval = wilsonInterval(tally.agreeing, tally.rows);
      const comparable = tally.rows > 0 && Number.isFinite(tally.largestDifference);
      return {
        ...counted,
        agreement: tally.rows === 0 ? null : tally.agreeing / tally.rows,
        agreementLow: interval.low,
        agreementHigh: interval.high,
        largestDifference: comparable ? tally.largestDifference : null,
      };
    },
  };
}

function emptyTally(model: string, champion: string, challenger: string): Tally {
  return { model, champion, challenger, rows: 0, agreeing: 0, largestDifference: 0, failures: 0, skipped: 0 };
}
