import type { LoadResult, Turn, TurnsVerdict } from "@muster/contract";
import { createRandom, MusterError } from "@muster/kernel";
import { offerConstantRate } from "../constant-rate/constant-rate.ts";
import type { RequestDescription } from "../http/request-bytes.ts";
import { judgeTurns, turnsNeeded } from "./judge-turns.ts";

export interface TargetComparison {
  readonly a: RequestDescription;
  readonly b: RequestDescription;
  /** Requests begun per second on the side whose turn it is. */
  readonly ratePerSecond: number;
  /** Length of one turn in ms. */
  readonly turnMs: number;
  /** The change of the median response time that is to be found: 0.1 for 10 %. */
  readonly effect: number;
  /** Turns of each side at least, from which the spread is learnt, and at most. */
  readonly minTurns: number;
  readonly maxTurns: number;
  readonly seed: number;
  readonly insecure?: boolean;
}

export const DEFAULT_COMPARISON = {
  ratePerSecond: 200,
  turnMs: 1_000,
  effect: 0.1,
  minTurns: 12,
  maxTurns: 60,
  seed: 1,
};

export interface TargetsVerdict extends TurnsVerdict {
  readonly turns: number;
  /** Turns that the spread of the first ones asked for; more than were made when the bound was reached. */
  readonly turnsNeeded: number | undefined;
  /** Why the figures cannot be believed, if so: the generator did not keep up in too many turns. */
  readonly invalidBecause: string | undefined;
}

/** Share of the turns in which the generator may have been late. */
const MAX_INVALID_SHARE = 0.1;

/**
 * Loads two targets in turns, so close together that whatever else happens on the machines and the network happens to
 * both, and judges whether they differ. How many turns it takes is decided from their spread, not from the difference,
 * so that looking does not make differences.
 */
export async function compareTargets(
  comparison: TargetComparison,
  signal: AbortSignal,
  onTurn: (side: "a" | "b", turn: Turn, made: number, needed: number) => void = () => {},
): Promise<TargetsVerdict> {
  const { minTurns, maxTurns, effect } = comparison;
  if (!(minTurns >= 4) || !(maxTurns >= minTurns) || !(effect > 0)) {
    throw new MusterError("invalid-request", "a comparison needs at least 4 turns of each side, and an effect above 0");
  }
  const random = createRandom(comparison.seed);
  const sides: Record<"a" | "b", Turn[]> = { a: [], b: [] };
  const invalid: string[] = [];
  let asked: number | undefined;
  let needed = minTurns;
  while (sides.a.length < needed) {
    // Which side begins is left to chance, so that nothing that happens in a rhythm favours one of them.
    const order = random() < 0.5 ? (["a", "b"] as const) : (["b", "a"] as const);
    for (const side of order) {
      const result = await takeTurn(comparison, side, signal);
      if (result.invalidBecause !== undefined) invalid.push(result.invalidBecause);
      const turn = turnOf(result);
      sides[side].push(turn);
      onTurn(side, turn, sides[side].length, needed);
    }
    if (sides.a.length === minTurns) {
      asked = turnsNeeded(sides.a, sides.b, effect);
      needed = Math.min(maxTurns, Math.max(minTurns, asked ?? maxTurns));
    }
  }
  return {
    ...judgeTurns(sides.a, sides.b, random),
    turns: sides.a.length,
    turnsNeeded: asked,
    invalidBecause: invalid.length > MAX_INVALID_SHARE * 2 * needed ? invalid[0] : undefined,
  };
}

function takeTurn(comparison: TargetComparison, side: "a" | "b", signal: AbortSignal): Promise<LoadResult> {
  const { ratePerSecond, turnMs, insecure = false } = comparison;
  return offerConstantRate({ request: comparison[side], ratePerSecond, durationMs: turnMs, insecure }, signal);
}

function turnOf(result: LoadResult): Turn {
  return {
    requests: result.answered + result.failed,
    failed: result.failed,
    p50: result.response?.p50,
    p95: result.response?.p95,
  };
}
