import type { Secret } from "@muster/kernel";

/** What collectors may look at, of one environment. Absent members were not configured. */
export interface Target {
  /** The address that is looked at: a resource of the service that answers any visitor. */
  readonly url: URL;
  /** Paths on the service, resolved against {@link url}. */
  readonly paths: {
    readonly readiness: string;
    readonly metrics: string;
  };
  /** PostgreSQL connection string. */
  readonly postgres?: Secret;
  /** A folder on the disk to watch. */
  readonly storage?: string;
  /** The short load that a run puts on the service. */
  readonly load?: LoadTarget;
}

/** One request, sent at a constant rate for a while. */
export interface LoadTarget {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
  /** Requests started per second, whatever the answers do (open model). */
  readonly ratePerSecond: number;
  readonly durationMs: number;
}
