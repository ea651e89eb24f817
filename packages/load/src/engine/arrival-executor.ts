import { type Histogram, MusterError, recordValue } from "@muster/kernel";
import type { Segment } from "../scenario/data-source.ts";
import type { ArrivalModel, ReplayModel } from "../scenario/scenario.ts";
import { type ArrivalSchedule, scheduleOf } from "../schedule/arrival-schedule.ts";
import type { Executor, IterationRunner } from "./executor.ts";
import type { VirtualUser } from "./thread-run.ts";

const DEFAULT_MAX_USERS = 1_000;
/** With `precise`, the executor polls instead of sleeping when the next arrival is due this soon, in ms. */
const POLL_WITHIN_MS = 2;

/** Begins iterations when the course calls for them, whatever the service does (open model). */
export class ArrivalExecutor implements Executor {
  readonly #schedule: ArrivalSchedule;
  readonly #segment: Segment;
  readonly #runner: IterationRunner;
  readonly #lag: Histogram;
  readonly #maxUsers: number;
  readonly #precise: boolean;
  readonly #free: VirtualUser[] = [];
  /** Instants at which arrivals were called for that no user was free for, oldest first. */
  #waiting: number[] = [];
  #taken = 0;
  #users = 0;
  #busy = 0;
  /** Arrivals of this thread so far; the run's number of the next is this × threads + this thread's index. */
  #called = 0;
  #nextAt: number;

  #startedAt: number;
  #pausedAt: number | undefined;
  #factor = 1;
  /** Where the present factor began: so many arrivals of the run had been called for, of so many in the schedule. */
  #fromArrival = 0;
  #fromScheduled = 0;
  #stopped = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #poll: NodeJS.Immediate | undefined;

  constructor(
    model: ArrivalModel | ReplayModel,
    segment: Segment,
    runner: IterationRunner,
    startedAt: number,
    lag: Histogram,
  ) {
    this.#schedule = scheduleOf(model);
    this.#segment = segment;
    this.#runner = runner;
    this.#lag = lag;
    this.#maxUsers = Math.max(1, Math.ceil(((model.maxUsers ?? DEFAULT_MAX_USERS) - segment.index) / segment.count));
    this.#precise = model.precise ?? false;
    this.#startedAt = startedAt;
    this.#nextAt = this.#timeOfNext();
  }

  get busy(): number {
    return this.#busy;
  }

  get settled(): boolean {
    return this.#waiting.length === this.#taken;
  }

  advance(now: number): void {
    if (this.#closed) return;
    if (!this.#stopped && this.#pausedAt === undefined) {
      while (this.#nextAt <= now) {
        recordValue(this.#lag, now - this.#nextAt);
        this.#waiting.push(this.#nextAt);
        this.#called += 1;
        this.#nextAt = this.#timeOfNext();
      }
      this.#sleep(now);
    }
    this.#begin();
  }

  ended(): boolean {
    return this.#nextAt === Number.POSITIVE_INFINITY;
  }

  pause(now: number): void {
    this.#pausedAt ??= now;
  }

  resume(now: number): void {
    if (this.#pausedAt === undefined) return;
    this.#startedAt += now - this.#pausedAt;
    this.#pausedAt = undefined;
    this.#nextAt = this.#timeOfNext();
    this.advance(now);
  }

  scale(factor: number, now: number): void {
    if (!(factor > 0) || !Number.isFinite(factor)) {
      throw new MusterError("invalid-request", `a load cannot be multiplied by ${factor}; pause it instead`);
    }
    const scheduled = this.#schedule.before((this.#pausedAt ?? now) - this.#startedAt);
    this.#fromArrival += (scheduled - this.#fromScheduled) * this.#factor;
    this.#fromScheduled = scheduled;
    this.#factor = factor;
    this.#nextAt = this.#timeOfNext();
    this.advance(now);
  }

  stop(): void {
    if (!this.#stopped) this.#runner.late(this.#waiting.length - this.#taken);
    this.#stopped = true;
    this.#nextAt = Number.POSITIVE_INFINITY;
  }

  close(): void {
    this.stop();
    this.#closed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#poll);
    this.#runner.missed(this.#waiting.length - this.#taken);
    this.#waiting = [];
    this.#taken = 0;
  }

  #timeOfNext(): number {
    const arrival = this.#called * this.#segment.count + this.#segment.index;
    const scheduled = this.#fromScheduled + (arrival - this.#fromArrival) / this.#factor;
    return scheduled >= this.#schedule.total
      ? Number.POSITIVE_INFINITY
      : this.#startedAt + this.#schedule.timeOf(scheduled);
  }

  #sleep(now: number): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#poll);
    if (this.#nextAt === Number.POSITIVE_INFINITY) return;
    const wait = this.#nextAt - now;
    if (this.#precise && wait <= POLL_WITHIN_MS) {
      this.#poll = setImmediate(() => this.advance(performance.now()));
    } else {
      // A timer of Node's is never early but up to a millisecond late, so with `precise` it aims before the time.
      const early = this.#precise ? POLL_WITHIN_MS / 2 : 0;
      this.#timer = setTimeout(() => this.advance(performance.now()), Math.max(0, wait - early));
    }
  }

  #begin(): void {
    while (this.#taken < this.#waiting.length) {
      let user = this.#free.pop();
      if (user === undefined) {
        if (this.#users >= this.#maxUsers) return;
        this.#users += 1;
        user = this.#runner.createUser();
      }
      void this.#run(user);
    }
    if (this.#taken > 0) {
      this.#waiting = [];
      this.#taken = 0;
    }
  }

  async #run(user: VirtualUser): Promise<void> {
    this.#busy += 1;
    for (let intendedAt = this.#take(); intendedAt !== undefined; intendedAt = this.#take()) {
      const willing = await this.#runner.run(user, intendedAt, once);
      if (!willing) this.close();
    }
    this.#busy -= 1;
    this.#free.push(user);
    if (this.#busy === 0) this.#runner.onIdle();
  }

  #take(): number | undefined {
    if (this.#closed || this.#taken >= this.#waiting.length) return undefined;
    const intendedAt = this.#waiting[this.#taken];
    this.#taken += 1;
    if (this.#taken > 512 && this.#taken * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return intendedAt;
  }
}

/** The next iteration is the schedule's to call for. */
function once(): boolean {
  return false;
}
