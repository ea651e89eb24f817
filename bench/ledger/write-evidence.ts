import { canonicalJson, type JsonObject, type JudgementEvidence, type Ledger } from "@muster/kernel";
import { nodeSha256 } from "@muster/adapters";

const CHECKS_PER_RUN = 15;

/**
 * Appends one record after the other until the time is up, each awaited, as runs of checks would:
 * fifteen judgements that rest on two facts, which come with the first. Returns how many.
 */
export async function writeEvidence(ledger: Ledger, writer: string, untilMs: number): Promise<number> {
  let written = 0;
  for (let run = 0; ; run += 1) {
    const facts = ["http-exchange", "tls"].map((kind) => {
      const value = sampleFacts(kind, `${writer}-${run}`);
      return { digest: nodeSha256(canonicalJson(value)), value };
    });
    const digests = { "http-exchange": facts[0]?.digest ?? "", tls: facts[1]?.digest ?? "" };
    for (let check = 0; check < CHECKS_PER_RUN; check += 1) {
      if (performance.now() >= untilMs) return written;
      await ledger.append([sampleEvidence(`${writer}-${run}`, check, digests)], check === 0 ? facts : []);
      written += 1;
    }
  }
}

/** A record as a run makes them, about 700 bytes of canonical JSON. */
function sampleEvidence(run: string, check: number, facts: JudgementEvidence["facts"]): JudgementEvidence {
  return {
    v: 1,
    kind: "judgement",
    id: `${run}/tls-certificate-expiry-${check}`,
    at: "2026-03-14T09:26:53.589Z",
    actor: "muster",
    subject: { service: "models", environment: "staging", artefact: nodeSha256("artefact") },
    run,
    check: `tls-certificate-expiry-${check}`,
    parameters: { failBelowDays: 14, warnBelowDays: 30 },
    outcome: check % 5 === 0 ? "warn" : "pass",
    summary: "the certificate is valid for 23 days more, until 2026-04-06T12:00:00Z; 30 days wanted, 14 allowed",
    findings: [{ resource: "staging.example.test:443", message: "valid until 2026-04-06T12:00:00Z" }],
    facts,
    validUntil: "2026-03-15T09:26:53.589Z",
  };
}

function sampleFacts(kind: string, run: string): JsonObject {
  return {
    kind,
    run,
    status: 200,
    headers: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`x-header-${at}`, `value ${at} of ${run}`])),
    timing: { connectMs: 1.25, firstByteMs: 7.5, totalMs: 8.75 },
  };
}
