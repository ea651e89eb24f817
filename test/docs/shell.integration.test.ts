import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ROOT } from "../../tools/test/suites.ts";
import { blocksOf, pages } from "./pages.ts";
import { commandOf, mayExit, RUN_ELSEWHERE } from "./shell.ts";

/** The address that the pages name; the instance under test has another port. */
const WRITTEN_ADDRESS = "http://127.0.0.1:7400";
const DEADLINE_MS = 120_000;

interface Done {
  readonly code: number | null;
  readonly output: string;
}

describe("every line of shell in the documentation", { concurrency: false }, () => {
  let folder: string;
  let instance: { readonly stop: () => Promise<Done>; readonly address: string };

  // A folder that looks like the clone and has data of its own, so that no line changes anything here.
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-docs-"));
    // Under root, PostgreSQL runs as another user; where that one may enter, its files stay in here and go with the folder.
    await chmod(folder, 0o755);
    for (const name of await readdir(ROOT)) {
      if (name === ".git" || name === ".muster" || name === "reports") continue;
      if (name === "muster.config.ts" || name === "package.json") await cp(join(ROOT, name), join(folder, name));
      else await symlink(join(ROOT, name), join(folder, name));
    }
    instance = await startInstance("npm start -- --port 0", folder);
  });
  after(async () => {
    const done = await instance?.stop();
    await rm(folder, { recursive: true, force: true });
    assert.match(done?.output ?? "", /stopped/);
  });

  for (const page of pages()) {
    for (const block of blocksOf(page).filter(({ language }) => language === "sh")) {
      for (const line of block.text.split("\n").map(commandOf).filter(Boolean)) {
        if (RUN_ELSEWHERE.has(line)) continue;

        it(`${page.path}:${block.line} ${line}`, async () => {
          const command = line.replaceAll(WRITTEN_ADDRESS, instance.address);

          const { code, output } = await run(command, folder);

          assert.ok(code !== null && mayExit(line, code), `exit code ${code}\n${output}`);
        });
      }
    }
  }
});

function shell(line: string, cwd: string) {
  const { NO_COLOR: _colour, FORCE_COLOR: _forced, DATABASE_URL: _url, ...env } = process.env;
  // A group of its own, so that an interruption reaches what a terminal's Ctrl-C would reach.
  return spawn("bash", ["-c", line], { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
}

function run(line: string, cwd: string): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = shell(line, cwd);
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output += text.toString()));
    const timer = setTimeout(() => interrupt(child.pid, "SIGKILL"), DEADLINE_MS);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

/** Runs the line until it serves. */
function startInstance(line: string, cwd: string): Promise<{ stop: () => Promise<Done>; address: string }> {
  const child = shell(line, cwd);
  let output = "";
  return new Promise((resolve, reject) => {
    const ended = new Promise<Done>((settle) => {
      child.on("close", (code) => settle({ code, output }));
    });
    const timer = setTimeout(() => interrupt(child.pid, "SIGKILL"), DEADLINE_MS);
    const look = (text: Buffer): void => {
      output += text.toString();
      const address = /console +(http:\S+)/.exec(output)?.[1];
      if (address === undefined || !output.includes("Serving until Ctrl-C.")) return;
      clearTimeout(timer);
      resolve({
        address: address.replace(/\/$/, ""),
        stop() {
          interrupt(child.pid, "SIGINT");
          return ended;
        },
      });
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.on("error", reject);
    void ended.then(() => reject(new Error(`it ended before it served:\n${output}`)));
  });
}

function interrupt(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}
