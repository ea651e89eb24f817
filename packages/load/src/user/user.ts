import type { Json, Random } from "@muster/kernel";
import type { DataSources, RowOf } from "../scenario/scenario.ts";
import { LoadStopped } from "./stopped.ts";
import type { UserHttp } from "./user-http.ts";
import type { UserSockets } from "./user-sockets.ts";

/** Thrown to a user that asks for a row of unique data when there is none left; its scenario then begins no more. */
export class DataExhausted extends Error {
  override readonly name = "DataExhausted";
}

/** What a user reports, for whoever counts. */
export interface UserRecorder {
  check(name: string, passed: boolean): void;
  group(name: string, durationMs: number): void;
  count(name: string, by: number): void;
  gauge(name: string, value: number): void;
  trend(name: string, value: number): void;
}

/** Everything that a user is made of. */
export interface UserParts {
  readonly id: number;
  readonly http: UserHttp;
  /** Makes the user's WebSockets, which most users never need. */
  readonly sockets: () => UserSockets;
  readonly random: Random;
  readonly shared: Json | undefined;
  readonly recorder: UserRecorder;
  /** Gives the next row of a source of data by its name. */
  readonly nextRow: (name: string) => unknown;
}

/** One user of a load test: a client with its own cookies, and the means to judge what it sees. */
export class User<S extends DataSources = DataSources> {
  /** Unique in the whole run, from 0. */
  readonly id: number;
  readonly http: UserHttp;
  /** Numbers from 0 up to 1 that are the same in every run with the same seed. */
  readonly random: Random;
  /** What the plan's set-up returned. */
  readonly shared: Json | undefined;
  /** Whatever the scenario wants to keep from one iteration to the next. */
  readonly memory = new Map<string, unknown>();
  /** How many iterations this user has begun before this one. */
  iteration = 0;
  /** Whether anything was waited for; tells the engine that this user gives others a turn. */
  waited = false;

  /** What this user reports to; for what runs a scenario in its name. */
  readonly recorder: UserRecorder;
  readonly #sockets: () => UserSockets;
  #ws: UserSockets | undefined;
  readonly #nextRow: (name: string) => unknown;
  readonly #endings: (() => void)[] = [];
  #groups = "";
  #think: { timer: NodeJS.Timeout; stop: () => void } | undefined;

  constructor(parts: UserParts) {
    this.id = parts.id;
    this.http = parts.http;
    this.random = parts.random;
    this.shared = parts.shared;
    this.recorder = parts.recorder;
    this.#nextRow = parts.nextRow;
    this.#sockets = parts.sockets;
  }

  /** WebSockets of this user. */
  get ws(): UserSockets {
    this.#ws ??= this.#sockets();
    return this.#ws;
  }

  /**
   * Judges a value by named conditions, each counted. A condition that throws does not hold.
   * @returns whether all of them hold.
   */
  check<T>(value: T, conditions: Readonly<Record<string, (value: T) => boolean>>): boolean {
    let all = true;
    for (const name in conditions) {
      let passed = false;
      try {
        passed = (conditions[name] as (value: T) => boolean)(value);
      } catch {
        passed = false;
      }
      if (!passed) all = false;
      this.recorder.check(this.#groups === "" ? name : this.#groups + name, passed);
    }
    return all;
  }

  /** Does something as a step with a name: its duration is measured, and its requests and checks carry the name. */
  async group<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#groups;
    const started = performance.now();
    this.#groups = `${before}${name} / `;
    this.http.prefix = this.#groups;
    try {
      return await work();
    } finally {
      this.recorder.group(before + name, performance.now() - started);
      this.#groups = before;
      this.http.prefix = before;
    }
  }

  /**
   * Waits as a person would: so many ms, or by chance between two numbers of ms.
   * @throws {LoadStopped} when the run ends first.
   */
  think(fromMs: number, toMs = fromMs): Promise<void> {
    this.waited = true;
    // What comes after a pause is called for at its end, not by the schedule of the iteration.
    this.http.intendedAt = 0;
    const ms = fromMs + this.random() * (toMs - fromMs);
    return new Promise((resolve, reject) => {
      if (this.http.stopped) {
        reject(new LoadStopped());
        return;
      }
      const timer = setTimeout(() => {
        this.#think = undefined;
        resolve();
      }, ms);
      this.#think = { timer, stop: () => reject(new LoadStopped()) };
    });
  }

  /**
   * The next row of data that the scenario names.
   * @throws {DataExhausted} when its rows are unique and all were used.
   */
  next<K extends keyof S & string>(name: K): RowOf<S[K]> {
    const row = this.#nextRow(name);
    if (row === undefined) throw new DataExhausted(`the data "${name}" is used up`);
    return row as RowOf<S[K]>;
  }

  /** Adds to a counter of the scenario's own. */
  count(name: string, by = 1): void {
    this.recorder.count(name, by);
  }

  /** Notes the present value of something. */
  gauge(name: string, value: number): void {
    this.recorder.gauge(name, value);
  }

  /** Records one of many values, of which percentiles are wanted. */
  trend(name: string, value: number): void {
    this.recorder.trend(name, value);
  }

  /** Has something let go of when this user is stopped. */
  onStop(told: () => void): void {
    if (this.http.stopped) told();
    else this.#endings.push(told);
  }

  /** Lets go of what an iteration opened and did not close. The engine calls it after each. */
  endIteration(): void {
    this.iteration += 1;
    this.#ws?.endIteration();
  }

  /** Gives up whatever this user waits for. The engine calls it when the run is over. */
  stop(): void {
    this.http.stopped = true;
    this.#ws?.stop();
    for (const told of this.#endings.splice(0)) told();
    if (this.#think === undefined) return;
    clearTimeout(this.#think.timer);
    this.#think.stop();
    this.#think = undefined;
  }
}
