import {
  appendLink,
  canonicalJson,
  decideGate,
  EMPTY_HEAD,
  type Evidence,
  type Finding,
  type Gate,
  type Head,
  type JsonObject,
  type LedgerRecord,
  type Outcome,
  type Run,
  RUN_STEPS,
  type Sha256,
  toInstant,
} from "@muster/kernel";
import type { Readiness } from "@muster/contract";
import { buildReport, type RunReport } from "../report.ts";
import { SAMPLE_CHECKS, SAMPLE_CONTROLS } from "./sample-checks.ts";

export const SAMPLE_GATE: Gate = { id: "production", title: "Production", controls: SAMPLE_CONTROLS };

const SERVICE = { name: "model-platform", title: "Model platform", owner: "platform team" } as const;
const ENVIRONMENT = "staging";
const HOUR = 3_600_000;

/** What a check of the sample concluded. */
interface Conclusion {
  readonly outcome: Outcome;
  readonly summary: string;
  readonly findings?: readonly Finding[];
  /** Kinds of facts that could not be collected. */
  readonly without?: true;
}

const CONCLUSIONS: Readonly<Record<string, Conclusion>> = {
  "liveness-answers": { outcome: "pass", summary: "GET /livez answered 200 in 3 ms, allowed 1000 ms" },
  "readiness-answers": { outcome: "pass", summary: "GET /readyz answered 200 in 5 ms, allowed 1000 ms" },
  "metrics-exposed": {
    outcome: "unknown",
    summary: "http-metrics: GET /metrics was not answered within 5 s",
    without: true,
  },
  "database-connections": { outcome: "pass", summary: "12 of 100 connections used (12 %), allowed 80 %" },
  "database-cache-hits": { outcome: "pass", summary: "99.7 % of reads from memory, required 95 %" },
  "disk-space": {
    outcome: "warn",
    summary: "82 % of 466 GB used, warning from 80 %, allowed 90 %",
    findings: [{ resource: "/var/lib/muster", message: "382 GB of 466 GB used, 84 GB left" }],
  },
  "certificate-valid": {
    outcome: "fail",
    summary: "http://127.0.0.1:8411 is not served over TLS, required TLS 1.2 or newer",
  },
  "security-headers": {
    outcome: "fail",
    summary: "1 of 3 required headers present, required all",
    findings: [
      { resource: "GET /readyz", message: "Content-Security-Policy is not sent" },
      { resource: "GET /readyz", message: "Referrer-Policy is not sent" },
    ],
  },
  "version-hidden": { outcome: "pass", summary: "no version in Server, X-Powered-By or Via" },
  "debug-endpoints-closed": { outcome: "pass", summary: "0 of 24 well-known debug and admin paths answered" },
  "cors-restricted": { outcome: "pass", summary: "Origin https://attacker.example was not reflected" },
  "private-data-not-cached": { outcome: "pass", summary: "Cache-Control: no-store on 3 of 3 private answers" },
  "load-latency": {
    outcome: "fail",
    summary: "p95 812 ms, allowed 500 ms",
    findings: [
      {
        resource: "POST /v2/models/wine/infer",
        message: "p50 96 ms, p95 812 ms, p99 1,204 ms at 150 requests per second",
      },
    ],
  },
  "load-errors": { outcome: "pass", summary: "0 of 1,500 requests failed (0 %), allowed 0.1 %" },
};

const FACTS: Readonly<Record<string, JsonObject>> = {
  "http-exchange": {
    url: "http://127.0.0.1:8411/readyz",
    method: "GET",
    status: 200,
    httpVersion: "1.1",
    headers: {
      "cache-control": "no-store",
      "content-length": "15",
      "content-type": "application/json; charset=utf-8",
      "x-content-type-options": "nosniff",
    },
    body: '{"ready": true}',
    bodyTruncated: false,
    timings: { connectMs: 0.4, firstByteMs: 4.6, totalMs: 5.1 },
    redirects: [],
  },
  "postgres-health": {
    version: "18.1",
    connections: { used: 12, limit: 100 },
    cacheHitRatio: 0.997,
    longestTransactionSeconds: 0,
    replication: null,
  },
  "disk-usage": {
    path: "/var/lib/muster",
    totalBytes: 500_107_862_016,
    freeBytes: 90_019_415_162,
    inodesUsedRatio: 0.04,
  },
  "tls-handshake": { host: "127.0.0.1", port: 8411, scheme: "http", offered: false, reason: "the address is http" },
  "exposed-paths": {
    asked: 24,
    answered: [],
    paths: ["/.git/HEAD", "/.env", "/debug/pprof/", "/actuator/env", "/admin", "/server-status"],
  },
  "load-result": {
    askedPerSecond: 150,
    achievedPerSecond: 149.8,
    durationMs: 10_000,
    scheduled: 1_500,
    answered: 1_500,
    failed: 0,
    missed: 0,
    errors: {},
    statuses: { "200": 1_500 },
    response: { min: 3.1, mean: 164.2, p50: 96.4, p90: 540.8, p95: 811.6, p99: 1_204.3, p999: 1_391, max: 1_402.7 },
    service: { min: 2.9, mean: 161.7, p50: 94, p90: 533.1, p95: 804.5, p99: 1_196.2, p999: 1_388.4, max: 1_399.8 },
    sendLag: { min: 0, mean: 0.6, p50: 0.3, p90: 1.2, p95: 2.1, p99: 5.8, p999: 11.2, max: 13 },
    bytesIn: 415_500,
    bytesOut: 642_000,
    valid: true,
  },
};

const STEP_NOTES: Readonly<Record<string, { ms: number; note: string }>> = {
  database: { ms: 1_840, note: "embedded, 18.1" },
  migrations: { ms: 212, note: "4 applied" },
  service: { ms: 690, note: "127.0.0.1:8411" },
  health: { ms: 5_230, note: "6 checks: 4 pass, 1 warn, 1 unknown" },
  security: { ms: 1_910, note: "6 checks: 4 pass, 2 fail" },
  load: { ms: 10_480, note: "2 checks: 1 pass, 1 fail" },
  gate: { ms: 18, note: "no-go" },
  report: { ms: 64, note: "report.html" },
};

/** The steps of a sample run of which the first `done` have ended and the next one is going on. */
export function sampleSteps(done: number): Run["steps"] {
  return RUN_STEPS.map((step, index) => {
    if (index > done) return { ...step, state: "waiting" };
    if (index === done) return { ...step, state: "running" };
    return { ...step, state: "done", ...STEP_NOTES[step.id] };
  });
}

/** Evidence that one sample run writes, oldest first, and the facts under it. */
export function sampleEvidence(
  run: string,
  startedAt: number,
  sha256: Sha256,
): { readonly evidence: readonly Evidence[]; readonly facts: ReadonlyMap<string, JsonObject> } {
  const facts = new Map<string, JsonObject>();
  const digests = new Map<string, string>();
  for (const [kind, value] of Object.entries(FACTS)) {
    const digest = sha256(canonicalJson(value));
    digests.set(kind, digest);
    facts.set(digest, value);
  }
  const common = { v: 1, actor: "admin", subject: { service: SERVICE.name, environment: ENVIRONMENT }, run } as const;
  const after = { health: 7_900, security: 9_800, load: 20_300 } as const;
  const judgements = SAMPLE_CHECKS.map((check): Evidence => {
    const conclusion = CONCLUSIONS[check.id] ?? { outcome: "unknown", summary: "not in the sample" };
    const at = startedAt + after[check.category];
    return {
      ...common,
      kind: "judgement",
      id: `${run}/${check.id}`,
      at: toInstant(at),
      check: check.id,
      parameters: check.id === "load-latency" ? { percentile: "p95", allowedMs: 500 } : {},
      outcome: conclusion.outcome,
      summary: conclusion.summary,
      findings: conclusion.findings ?? [],
      facts: Object.fromEntries(
        check.requires.map((kind) => [kind, conclusion.without ? null : (digests.get(kind) ?? null)]),
      ),
      validUntil: toInstant(at + 24 * HOUR),
    };
  });
  const sentence = "NOT READY: 8 of 12 controls met; 2 failed, 1 missing, 1 waived";
  return {
    evidence: [
      {
        ...common,
        kind: "run",
        id: `${run}/started`,
        at: toInstant(startedAt),
        milestone: "started",
        summary: "asked for by admin",
      },
      ...judgements,
      {
        ...common,
        kind: "run",
        id: `${run}/ended`,
        at: toInstant(startedAt + 20_500),
        milestone: "completed",
        summary: sentence,
      },
    ],
    facts,
  };
}

/** A waiver that one of the sample's controls stands on. */
export function sampleWaiver(at: number): Evidence {
  return {
    v: 1,
    kind: "waiver",
    id: `waiver/${ENVIRONMENT}/encrypted/${toInstant(at)}`,
    at: toInstant(at),
    actor: "dana",
    subject: { service: SERVICE.name, environment: ENVIRONMENT },
    run: null,
    control: "encrypted",
    reason: "Staging listens on loopback only; TLS ends at the load balancer in production, where the same check runs.",
    until: toInstant(at + 30 * 24 * HOUR),
  };
}

/** Continues a chain by evidence, as a ledger would. */
export function chainSample(evidence: readonly Evidence[], sha256: Sha256, head: Head = EMPTY_HEAD): LedgerRecord[] {
  let reached = head;
  return evidence.map((each) => {
    // Evidence is plain JSON; its type says more than Json does.
    const link = appendLink(reached, each as unknown as JsonObject, sha256);
    reached = { seq: link.seq, hash: link.hash };
    return { seq: link.seq, hash: link.hash, prev: link.prev, evidence: each };
  });
}

/** What the readiness endpoint would answer for the sample at an instant. */
export function sampleReadiness(records: readonly LedgerRecord[], run: Run | undefined, at: number): Readiness {
  const last = records.at(-1);
  return {
    service: SERVICE,
    environment: ENVIRONMENT,
    at: toInstant(at),
    verdict: decideGate(SAMPLE_GATE, records, at),
    gates: [SAMPLE_GATE.id],
    checks: SAMPLE_CHECKS,
    ...(run ? { run } : {}),
    head: last ? { seq: last.seq, hash: last.hash } : EMPTY_HEAD,
  };
}

/** A finished sample run. */
export function sampleRun(id: string, startedAt: number): Run {
  return {
    id,
    service: SERVICE.name,
    environment: ENVIRONMENT,
    state: "completed",
    startedAt: toInstant(startedAt),
    finishedAt: toInstant(startedAt + 20_500),
    steps: sampleSteps(RUN_STEPS.length),
    summary: "NOT READY: 8 of 12 controls met; 2 failed, 1 missing, 1 waived",
  };
}

/**
 * A made-up report with every kind of control status but `stale`, for tests, for the console's
 * component page and for screenshots. The verdict is decided, and the chain is linked, by the kernel.
 */
export function sampleReport(sha256: Sha256, startedAt: number = Date.UTC(2026, 10, 21, 21, 4, 12)): RunReport {
  const { evidence, facts } = sampleEvidence("run-2026-11-21-1", startedAt, sha256);
  const records = chainSample([sampleWaiver(startedAt - 50 * HOUR), ...evidence], sha256);
  const readiness = sampleReadiness(records, sampleRun("run-2026-11-21-1", startedAt), startedAt + 20_400);
  return buildReport({ muster: "0.1.0", readiness, records, facts });
}
