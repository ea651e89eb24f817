import type { Duration, Json } from "@muster/kernel";
import type { Stage } from "../schedule/stages.ts";
import type { Threshold } from "../thresholds/threshold.ts";
import type { User } from "../user/user.ts";
import type { DataSource, Segment } from "./data-source.ts";

/** Names of data and where they come from. */
export type DataSources = Readonly<Record<string, DataSource<unknown>>>;

/** The row that a source of data gives. */
export type RowOf<S> = S extends DataSource<infer T> ? T : never;

/** What one user does, from beginning to end. The engine calls `run` again and again. */
export interface Scenario<S extends DataSources = DataSources> {
  readonly name: string;
  /** How often this scenario is chosen among those of its workload; 1 by default. */
  readonly weight?: number;
  /** Data that the users take rows from: `user.next("people")`. */
  readonly data?: S;
  run(user: User<S>): Promise<void> | void;
}

/** Declares a scenario; the editor completes `user` from here. */
export function defineScenario<const S extends DataSources>(scenario: Scenario<S>): Scenario {
  // A scenario is only ever run with users that were made for it.
  return scenario;
}

/** So many users, each beginning again when it has finished (closed model). */
export interface UserModel {
  readonly users: number | readonly Stage[];
  /** How long; for stages they say it themselves. */
  readonly for?: Duration;
}

/** So many iterations begun per second, whatever the service does (open model). */
export interface ArrivalModel {
  readonly arrivalsPerSecond: number | readonly Stage[];
  readonly for?: Duration;
  /** Users that are at work at the same time at most. An arrival that finds none free waits, and its wait counts. */
  readonly maxUsers?: number;
  /** Begin within some microseconds of the time instead of a millisecond, at the cost of a whole core. */
  readonly precise?: boolean;
}

/** Iterations begun at given times, such as those of a log that is replayed (open model). */
export interface ReplayModel {
  /** Ms from the start, in order. */
  readonly arrivalsAt: readonly number[];
  readonly maxUsers?: number;
  readonly precise?: boolean;
}

export type LoadModel = UserModel | ArrivalModel | ReplayModel;

/** Scenarios, chosen by weight, and how they are loaded. The workloads of a plan run side by side. */
export interface Workload {
  readonly scenarios: readonly Scenario[];
  readonly model: LoadModel;
}

/** What the set-up and the tear-down of a plan are given. */
export interface PlanContext {
  readonly target: URL;
  readonly signal: AbortSignal;
}

/** Everything about one load test. A plan is the default export of the file that `muster load run` is given. */
export interface LoadPlan {
  /** Base address; scenarios may write paths only. */
  readonly target: string;
  /** Origins beside the target's that scenarios may send requests to. Nothing is ever sent anywhere else. */
  readonly allow?: readonly string[];
  readonly workloads: readonly Workload[];
  readonly thresholds?: readonly (string | Threshold)[];
  /** Response time that satisfies a user; the report then has the Apdex of everything. */
  readonly satisfiedWithin?: Duration;
  /**
   * Speak HTTP/2 to every origin: chosen by ALPN over TLS, with prior knowledge without. Single origins are written as
   * `h2://host` or, without TLS, `h2c://host`. Requests of all users share connections, so many at a time as the
   * number given (100 by default) and the server allow; 1 gives each request under way a connection of its own.
   */
  readonly http2?: boolean | { readonly streamsPerConnection: number };
  /** Fields that every request carries. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Choices by chance are the same for the same seed. */
  readonly seed?: number;
  /** From the send of a request to its last byte; 30 s by default. */
  readonly timeout?: Duration;
  /** How long iterations may go on when the time is up; 30 s by default. */
  readonly gracefulStop?: Duration;
  /** Connections to one origin from each worker; 10,000 by default. */
  readonly maxConnections?: number;
  /** Requests after which the run ends whatever the schedule says. */
  readonly maxRequests?: number;
  /** Accept certificates that do not verify. */
  readonly insecure?: boolean;
  /**
   * What becomes of the run when one of several agents is lost with its machine. `stop`, unless given, ends it with what
   * there is, and it is not valid. `redistribute` has the others do its share from then on, and marks the run as partial.
   */
  readonly onLostAgent?: "stop" | "redistribute";
  /** One request in so many carries a `traceparent` and is kept with its trace id; 100 by default, 0 for none. */
  readonly sampleEvery?: number;
  /** Done in every worker when it has read the plan; the load begins when all of them are ready. */
  prepare?(segment: Segment): Promise<void>;
  /** Done once before the load; what it returns is every user's `shared`. It must be JSON. */
  setUp?(context: PlanContext): Promise<Json> | Json;
  /** Done once after the load, whatever came of it, with what the set-up returned. */
  tearDown?(shared: Json | undefined, context: PlanContext): Promise<void> | void;
}

/** Declares a plan; the editor completes and checks it. */
export function defineLoad(plan: LoadPlan): LoadPlan {
  return plan;
}
