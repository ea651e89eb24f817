const LOAD_SUITE = "apps/cli/test/load.integration.test.ts";

/** Lines of shell that a test cannot run as they stand, and where the same thing is run. */
export const RUN_ELSEWHERE: ReadonlyMap<string, { readonly file: string; readonly contains: string }> = new Map([
  ["npm ci && npm start", { file: "test/docs/shell.integration.test.ts", contains: '"npm start -- --port 0"' }],
  ["npm ci && npm test", { file: ".ci/run", contains: "npm ci && npm test" }],
  // These put load on a service of the reader's; the command's own suite runs them on one that it starts.
  ["npx muster load bench http://127.0.0.1:8080/", { file: LOAD_SUITE, contains: '"load", "bench"' }],
  [
    'npx muster load bench http://127.0.0.1:8080/ --rate 1000 --duration 30s --thresholds "p95 < 100ms, errors < 1%"',
    { file: LOAD_SUITE, contains: '"--thresholds", "errors < 1%' },
  ],
  ["npx muster load run checkout.load.ts", { file: LOAD_SUITE, contains: '"load", "run", plan' }],
  [
    'npx muster load capacity http://127.0.0.1:8080/ --objective "p95 < 100ms, errors < 1%"',
    { file: LOAD_SUITE, contains: '"load", "capacity"' },
  ],
  [
    "npx muster load ab http://127.0.0.1:8080/ http://127.0.0.1:8081/ --effect 10",
    { file: LOAD_SUITE, contains: '"load", "ab"' },
  ],
  ["npx muster load report run.json --html run.html", { file: LOAD_SUITE, contains: '"load", "report"' }],
  ["npx muster load compare before.json after.json", { file: LOAD_SUITE, contains: '"load", "compare"' }],
]);

/** Commands whose exit code 1 is an answer: judged bad. */
const VERDICTS = /^(npx muster|npm start) ?.*\b(check|readiness|start|up|verify)\b/;

/** Whether an exit code is one that the line may have. */
export function mayExit(line: string, code: number): boolean {
  return code === 0 || (code === 1 && VERDICTS.test(line));
}

/** A line without its comment. */
export function commandOf(line: string): string {
  return line.replace(/\s+#.*$/, "").trim();
}
