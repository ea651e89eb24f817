import type { Clock } from "@muster/kernel";
import type { CheckUnit, Collector, LoadRunner } from "@muster/contract";
import { cookieFlags } from "./checks/cookie-flags/index.ts";
import { corsPolicy } from "./checks/cors-policy/index.ts";
import { diskSpace } from "./checks/disk-space/index.ts";
import { errorRate } from "./checks/error-rate/index.ts";
import { eventLoopLag } from "./checks/event-loop-lag/index.ts";
import { exposedFiles } from "./checks/exposed-files/index.ts";
import { httpAvailability } from "./checks/http-availability/index.ts";
import { httpBodySchema } from "./checks/http-body-schema/index.ts";
import { httpLatency } from "./checks/http-latency/index.ts";
import { httpStatus } from "./checks/http-status/index.ts";
import { latencyP95 } from "./checks/latency-p95/index.ts";
import { postgresCacheHitRatio } from "./checks/postgres-cache-hit-ratio/index.ts";
import { postgresConnections } from "./checks/postgres-connections/index.ts";
import { postgresReachable } from "./checks/postgres-reachable/index.ts";
import { readinessEndpoint } from "./checks/readiness-endpoint/index.ts";
import { securityHeaders } from "./checks/security-headers/index.ts";
import { tlsCertificateExpiry } from "./checks/tls-certificate-expiry/index.ts";
import { tlsCertificateValidity } from "./checks/tls-certificate-validity/index.ts";
import { tlsEncryption } from "./checks/tls-encryption/index.ts";
import { tlsProtocol } from "./checks/tls-protocol/index.ts";
import { versionDisclosure } from "./checks/version-disclosure/index.ts";
import { createCorsProbe } from "./collectors/cors-probe/index.ts";
import { createDiskUsage } from "./collectors/disk-usage/index.ts";
import { createExposureProbe } from "./collectors/exposure-probe/index.ts";
import { createHttpExchange } from "./collectors/http-exchange/index.ts";
import { createLoadRun } from "./collectors/load-run/index.ts";
import { createPostgresStatistics } from "./collectors/postgres-statistics/index.ts";
import { createPrometheusMetrics } from "./collectors/prometheus-metrics/index.ts";
import { createReadinessEndpoint } from "./collectors/readiness-endpoint/index.ts";
import { createTlsHandshake } from "./collectors/tls-handshake/index.ts";

/** What collectors need that they do not make themselves. */
export interface Sources {
  readonly load: LoadRunner;
  /** Tells when something was observed. */
  readonly clock: Clock;
  /** A host label that nobody owns, another at each call. */
  readonly label: () => string;
}

/** Every collector. Add a line here when you add one. */
export function collectors({ load, clock, label }: Sources): readonly Collector[] {
  return [
    createHttpExchange(clock),
    createReadinessEndpoint(clock),
    createTlsHandshake(clock),
    createCorsProbe(clock, label),
    createExposureProbe(clock, label),
    createPostgresStatistics(clock),
    createDiskUsage(clock),
    createPrometheusMetrics(clock),
    createLoadRun(load),
  ];
}

/** Every check, in the order in which documentation lists them. Add a line here when you add one. */
export const checks: readonly CheckUnit[] = [
  httpAvailability,
  httpStatus,
  httpLatency,
  httpBodySchema,
  readinessEndpoint,
  postgresReachable,
  postgresConnections,
  postgresCacheHitRatio,
  diskSpace,
  tlsEncryption,
  tlsCertificateValidity,
  tlsCertificateExpiry,
  tlsProtocol,
  securityHeaders,
  cookieFlags,
  versionDisclosure,
  corsPolicy,
  exposedFiles,
  errorRate,
  latencyP95,
  eventLoopLag,
];
