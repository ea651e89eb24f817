/** How a model's callers are shared out between champion and challenger. */
export interface Traffic {
  /** Callers of a hundred who get the challenger's answers, always the same ones. */
  readonly canaryPercent: number;
  /** Answers of the champion of a hundred that the challenger computes too, unseen, to be compared. */
  readonly shadowPercent: number;
}

export const NO_TRAFFIC: Traffic = { canaryPercent: 0, shadowPercent: 0 };

const SHARES = 10_000;

/**
 * Whether a caller is among those who get the challenger. It depends on nothing but caller, model and
 * share, so that a caller stays where it is on every replica, and a larger share only adds callers.
 */
export function isCanary(caller: string, model: string, percent: number): boolean {
  return isAmong(`${model}\n${caller}`, percent);
}

/** Whether a text belongs to a share of all texts: the same on every replica, and a larger share only adds to it. */
export function isAmong(text: string, percent: number): boolean {
  return percent > 0 && fnv1a(text) % SHARES < percent * (SHARES / 100);
}

/** A quick hash that spreads well (Fowler-Noll-Vo, 32 bit); it protects nothing. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  // The low bits alone would depend on little of the text.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
