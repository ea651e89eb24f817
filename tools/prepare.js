// `npm ci` ends with this: the console is built, so that the server has it to serve. Runs on whatever Node
// npm runs on, so it is JavaScript. Where the build tools were left out (`npm ci --omit=dev`) it does nothing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const vite = `${root}node_modules/vite/bin/vite.js`;
const folder = `${root}apps/console`;

if (existsSync(vite) && existsSync(`${folder}/index.html`)) {
  const build = spawnSync("node", [vite, "build", "--logLevel", "warn"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (build.status !== 0) {
    process.stderr.write(
      `the console was not built; the server will say so in its place\n${build.stdout}${build.stderr}`,
    );
  }
}
