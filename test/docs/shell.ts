/** Lines of shell that a test cannot run as they stand, and where the same thing is run. */
export const RUN_ELSEWHERE: ReadonlyMap<string, { readonly file: string; readonly contains: string }> = new Map([
  ["npm ci && npm start", { file: "test/docs/shell.integration.test.ts", contains: '"npm start -- --port 0"' }],
  ["npm ci && npm test", { file: ".ci/run", contains: "npm ci && npm test" }],
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
