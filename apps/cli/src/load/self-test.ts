import { FULL_SELF_TEST, runSelfTest, type SelfTestResult } from "@muster/load";
import { printEnvelope } from "../output/envelope.ts";
import { type Io, type Paint, paintFor } from "../output/io.ts";
import { table } from "../output/text.ts";
import { EXIT, type ExitCode } from "../program/command.ts";

const NAMES = { p95: "p95", p99: "p99", p999: "p99.9" } as const;

/** Runs the self-test and shows it. */
export async function selfTest(json: boolean, io: Io): Promise<ExitCode> {
  const { stallMs, durationMs, ratePerSecond, connections } = FULL_SELF_TEST;
  io.err(
    `a server stands still for ${stallMs / 1_000} s within ${durationMs / 1_000} s at ${ratePerSecond}/s over ${connections} connections\n`,
  );
  const result = await runSelfTest(FULL_SELF_TEST);
  const verdict = sentence(result);
  if (json) {
    const outcome = result.invalidBecause !== undefined ? "error" : result.ok ? "good" : "bad";
    printEnvelope(io, { command: "load self-test", result: outcome, verdict, data: result });
  } else {
    io.out(`${verdict}\n\n${rowsText(result, paintFor(io.outIsTerminal, io.env))}\n`);
  }
  if (result.invalidBecause !== undefined) return EXIT.unjudged;
  return result.ok ? EXIT.good : EXIT.bad;
}

function sentence({ ok, invalidBecause, scheduled, answered, unaccounted }: SelfTestResult): string {
  const figures = `${answered} of ${scheduled} requests answered, ${unaccounted} unaccounted for`;
  if (invalidBecause !== undefined) return `NOT JUDGED: ${invalidBecause}`;
  return ok
    ? `RIGHT: every percentile is within 3 % of the truth; ${figures}`
    : `WRONG: a percentile is off by more than 3 %; ${figures}`;
}

function rowsText({ rows }: SelfTestResult, paint: Paint): string {
  return table([
    ["", "truth", "reported", "off by", "seen from the sends alone"].map((title) => paint("quiet", title)),
    ...rows.map(({ name, truthMs, reportedMs, deviation, serviceMs }) => [
      NAMES[name],
      `${truthMs.toFixed(0)} ms`,
      `${reportedMs.toFixed(0)} ms`,
      `${(deviation * 100).toFixed(1)} %`,
      paint("quiet", `${serviceMs.toFixed(0)} ms`),
    ]),
  ]);
}
