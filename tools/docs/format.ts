import { execFile } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../test/suites.ts";

/** A text as the formatter would leave it at a path, so that a generated page passes the format check. */
export function formatted(text: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const oxfmt = join(ROOT, "node_modules/.bin/oxfmt");
    const child = execFile(process.execPath, [oxfmt, `--stdin-filepath=${path}`], { cwd: ROOT }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin?.end(text);
  });
}
