import type { Headroom, LoadTest } from "@muster/contract";
import { tickText } from "@muster/report/load-reading";

/** How the load of a test stands to what the service can take. */
export interface Used {
  /** Share of the capacity that was offered, 0 and above; above 1 it was more than holds. */
  readonly share: number;
  readonly sentence: string;
}

/** What a run used of the capacity that was found. */
export function usedOf({ perSecond }: Pick<LoadTest, "perSecond">, { holdsAt, objective }: Headroom): Used {
  const share = holdsAt > 0 ? perSecond / holdsAt : 0;
  const known = `"${objective.join(", ")}" holds up to ${tickText(holdsAt)}/s`;
  if (share === 0) return { share, sentence: known };
  const ratio =
    share <= 1
      ? `${tickText(1 / share)} times as much as this test offered`
      : `this test offered ${tickText(share)} times as much`;
  return { share, sentence: `${known}: ${ratio}` };
}
