import type { Segment } from "../scenario/data-source.ts";
import type { UserModel } from "../scenario/scenario.ts";
import { type Course, courseOf, valueAt } from "../schedule/stages.ts";
import type { Executor, IterationRunner } from "./executor.ts";
import type { VirtualUser } from "./thread-run.ts";

/** Keeps as many users at work as the course says; each begins again when it has finished (closed model). */
export class UserExecutor implements Executor {
  readonly settled = true;

  readonly #course: Course;
  readonly #segment: Segment;
  readonly #runner: IterationRunner;
  /** Users that are not at work, to be used again. */
  readonly #resting: VirtualUser[] = [];
  #startedAt: number;
  #pausedAt: number | undefined;
  readonly #again = (): boolean => this.#working <= this.#wanted;
  #factor = 1;
  #wanted = 0;
  #working = 0;
  #stopped = false;

  constructor(model: UserModel, segment: Segment, runner: IterationRunner, startedAt: number) {
    this.#course = courseOf(model.users, model.for);
    this.#segment = segment;
    this.#runner = runner;
    this.#startedAt = startedAt;
  }

  get busy(): number {
    return this.#working;
  }

  advance(now: number): void {
    if (this.#stopped || this.#pausedAt !== undefined) return;
    const all = Math.round(valueAt(this.#course, now - this.#startedAt) * this.#factor);
    const { index, count } = this.#segment;
    // Of n users, thread i of k has those whose number leaves i when divided by k.
    this.#wanted = Math.max(0, Math.ceil((all - index) / count));
    while (this.#working < this.#wanted) void this.#work(this.#resting.pop() ?? this.#runner.createUser());
  }

  ended(now: number): boolean {
    if (this.#stopped) return true;
    return this.#pausedAt === undefined && now - this.#startedAt >= this.#course.totalMs;
  }

  pause(now: number): void {
    this.#pausedAt ??= now;
    this.#wanted = 0;
  }

  resume(now: number): void {
    if (this.#pausedAt === undefined) return;
    this.#startedAt += now - this.#pausedAt;
    this.#pausedAt = undefined;
    this.advance(now);
  }

  scale(factor: number, now: number): void {
    this.#factor = factor;
    this.advance(now);
  }

  stop(): void {
    this.#stopped = true;
    this.#wanted = 0;
  }

  close(): void {
    this.stop();
  }

  async #work(user: VirtualUser): Promise<void> {
    this.#working += 1;
    const willing = await this.#runner.run(user, 0, this.#again);
    this.#working -= 1;
    if (willing) this.#resting.push(user);
    else this.stop();
    if (this.#working === 0) this.#runner.onIdle();
  }
}
