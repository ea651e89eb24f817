import type { LoadTest, ThresholdResult } from "@muster/contract";
import type { Mark } from "@muster/report/reading";

const VERDICTS: Readonly<Record<LoadTest["verdict"], Mark>> = {
  passed: { shape: "disc", tone: "pass", word: "passed" },
  failed: { shape: "square", tone: "fail", word: "failed" },
  invalid: { shape: "ring", tone: "unknown", word: "not valid" },
};

/** How a load test is shown. One that goes on has no verdict yet, and one that was lost will have none. */
export function markOfTest({ state, verdict, kind }: Pick<LoadTest, "state" | "verdict" | "kind">): Mark {
  if (state === "running") return { shape: "turning", tone: "neutral", word: "running" };
  if (state === "lost") return { shape: "ring", tone: "unknown", word: "lost" };
  if (kind === "capacity") {
    return verdict === "passed"
      ? { shape: "disc", tone: "pass", word: "found" }
      : { shape: "ring", tone: "unknown", word: "not found" };
  }
  return VERDICTS[verdict];
}

/** How a threshold is shown: of a run that is not valid, nothing was shown either way. */
export function markOfThreshold({ ok }: Pick<ThresholdResult, "ok">, test: Pick<LoadTest, "state" | "verdict">): Mark {
  if (test.state === "finished" && test.verdict === "invalid")
    return { shape: "ring", tone: "unknown", word: "not judged" };
  const word = test.state === "running" ? (ok ? "holds so far" : "broken so far") : ok ? "met" : "broken";
  return ok ? { shape: "disc", tone: "pass", word } : { shape: "square", tone: "fail", word };
}

/** What is said of a test beside its mark. Of one that goes on, the figures and not a verdict that may still turn. */
export function spoken({ state, sentence, requests, failed }: LoadTest): string {
  if (state === "running")
    return `${requests.toLocaleString("en-GB")} requests so far, ${failed.toLocaleString("en-GB")} failed`;
  const at = sentence.indexOf(": ");
  return at === -1 ? sentence : sentence.slice(at + 2);
}
