import { atLeast, atMost, type Bar, type BenchOptions } from "../bar.ts";
import { runScenario, SCENARIOS, startPlatform } from "./platform.ts";

/** How one scenario is measured. */
interface Offer {
  /** Iterations begun per second. */
  readonly rate: number;
  /** Whether the platform promises 1,000 requests per second of it. */
  readonly promised: boolean;
}

/**
 * The promise is about predicting and reading. A login keeps a core busy for 10 ms on purpose (argon2id), and a file or a
 * question starts work in DuckDB, two at a time: those are held against the time and the errors only.
 */
const OFFERS: Readonly<Record<(typeof SCENARIOS)[number], Offer>> = {
  health: { rate: 600, promised: true },
  login: { rate: 20, promised: false },
  session: { rate: 1_100, promised: true },
  single: { rate: 1_200, promised: true },
  batch: { rate: 1_050, promised: true },
  upload: { rate: 5, promised: false },
  analytics: { rate: 5, promised: false },
  mixed: { rate: 280, promised: true },
};

/** The eight shipped scenarios against the model platform with its database, held against the platform's objective. */
export async function scenarios({ smoke, say, leaveOut }: BenchOptions): Promise<readonly Bar[]> {
  await using closing = new AsyncDisposableStack();
  const platform = await startPlatform(closing);
  const bars: Bar[] = [];
  for (const name of SCENARIOS) {
    const { rate, promised } = OFFERS[name];
    const { report } = await runScenario(name, {
      ...platform.credentials,
      MODELS_URL: platform.url,
      RATE: String(smoke ? 10 : rate),
      FOR: smoke ? "300ms" : "10s",
    });
    const { total, verdict, sentence } = report;
    const figures = `${Math.round(total.perSecond)}/s, p95 ${total.response?.p95.toFixed(1) ?? "unknown"} ms, ${total.failed} of ${total.requests} failed`;
    say(`${name}: ${figures}; ${sentence}`);
    // What the generator itself could not offer says nothing about the platform.
    if (verdict === "invalid") {
      leaveOut(`${name}: ${sentence}`);
      continue;
    }
    const { response, requests, failed, perSecond } = total;
    bars.push(
      atMost(`scenarios.${name}.p95`, response?.p95 ?? Number.POSITIVE_INFINITY, "ms", 100),
      atMost(`scenarios.${name}.errors`, (failed / Math.max(1, requests)) * 100, "%", 1),
      ...(promised ? [atLeast(`scenarios.${name}.rate`, perSecond, "requests/s", 1_000)] : []),
    );
  }
  return bars;
}
