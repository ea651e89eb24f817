import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";
import { ROOT } from "./suites.ts";

interface FileCount {
  passed: number;
  failed: number;
  skipped: number;
  ms: number;
}

/**
 * A reporter for people who wait: one line for each file when it is done, a failure in full at once,
 * nothing about what passed beyond its number.
 */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Map<string, FileCount>();
  for await (const event of events) {
    if (event.type === "test:stderr" || event.type === "test:stdout") {
      // With one process for each file, this is what the test printed; the runner's own lines are not among it.
      yield event.data.message;
      continue;
    }
    if (event.type === "test:pass" || event.type === "test:fail") {
      const count = countOf(files, event.data.file);
      if (event.data.nesting === 0) count.ms += event.data.details.duration_ms;
      if (event.data.details.type === "suite") continue;
      if (event.type === "test:fail") {
        count.failed += 1;
        yield failure(event.data.file, event.data.line, event.data.name, event.data.details.error);
      } else if (event.data.skip !== undefined && event.data.skip !== false) {
        count.skipped += 1;
      } else {
        count.passed += 1;
      }
      continue;
    }
    if (event.type === "test:summary" && event.data.file !== undefined) {
      const count = files.get(event.data.file);
      files.delete(event.data.file);
      if (count) yield line(event.data.file, { ...count, ms: event.data.duration_ms });
    }
  }
  // Without isolation there is no summary of each file.
  for (const [file, count] of files) yield line(file, count);
}

function countOf(files: Map<string, FileCount>, file = ""): FileCount {
  let count = files.get(file);
  if (!count) {
    count = { passed: 0, failed: 0, skipped: 0, ms: 0 };
    files.set(file, count);
  }
  return count;
}

function line(file: string, { passed, failed, skipped, ms }: FileCount): string {
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  const name = relative(ROOT, file).replace(/\.test\.ts$/, "");
  return `${failed > 0 ? "FAILED" : "ok    "}  ${name}  ${parts.join(", ")}  ${(ms / 1_000).toFixed(1)} s\n`;
}

function failure(file = "", lineNumber: number | undefined, name: string, error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  // The stack has the message in it; an assertion's other members only say it again.
  const detail = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause, { depth: 8 });
  return `\nFAILED  ${name}\n  at ${relative(ROOT, file)}:${lineNumber ?? 0}\n${detail.replaceAll(/^/gm, "  ")}\n\n`;
}
