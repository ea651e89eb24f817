/**
 * `npm run docs` writes the reference pages that come from the code; with `--check` it only says which
 * of them are out of date.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checksPage } from "./docs/checks-page.ts";
import { commandsPage } from "./docs/commands-page.ts";
import { configurationPage } from "./docs/configuration-page.ts";
import { errorsPage } from "./docs/errors-page.ts";
import { graphqlPage } from "./docs/graphql-page.ts";
import { formatted } from "./docs/format.ts";
import { ROOT } from "./test/suites.ts";

const PAGES = {
  "docs/reference/checks.md": checksPage,
  "docs/reference/commands.md": commandsPage,
  "docs/reference/configuration.md": configurationPage,
  "docs/reference/errors.md": errorsPage,
  "docs/reference/graphql.md": graphqlPage,
};

const checkOnly = process.argv.includes("--check");
const stale: string[] = [];
for (const [path, page] of Object.entries(PAGES)) {
  const text = await formatted(page(), path);
  const file = join(ROOT, path);
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept === text) continue;
  stale.push(path);
  if (checkOnly) continue;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
if (stale.length === 0) process.stdout.write("ok: every generated page is up to date\n");
else process.stdout.write(`${checkOnly ? "out of date" : "written"}: ${stale.join(", ")}\n`);
process.exitCode = checkOnly && stale.length > 0 ? 1 : 0;
