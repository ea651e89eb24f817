import type { TestEvent } from "node:test/reporters";

/** Counts of one run of the test runner. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A reporter for the program that started the run: the counts as JSON. */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== "test:summary" || event.data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    // What neither passed nor was left out failed or was cancelled.
    yield JSON.stringify({ passed, failed: tests - passed - skipped - todo, skipped } satisfies Counts);
  }
}
