import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A program that some suites need and npm does not bring. */
interface Program {
  readonly title: string;
  /** Names under which it may be found. */
  readonly names: readonly string[];
  /** Debian's package. */
  readonly debian: string;
}

const CHROMIUM: Program = {
  title: "Chromium",
  names: ["chromium", "chromium-browser", "google-chrome"],
  debian: "chromium",
};
const SHELLS: readonly Program[] = [
  { title: "zsh", names: ["zsh"], debian: "zsh" },
  { title: "fish", names: ["fish"], debian: "fish" },
];
const SERVERS: readonly Program[] = [
  { title: "Redis", names: ["redis-server"], debian: "redis-server" },
  { title: "Prometheus", names: ["prometheus"], debian: "prometheus" },
];

/** The path of a program, or undefined. */
export function findProgram(names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      const file = join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here.
      }
    }
  }
  return undefined;
}

/** Whether the browser suites can run. */
export function hasChromium(): boolean {
  return findProgram(CHROMIUM.names) !== undefined;
}

/**
 * On Debian as root, installs the programs that suites need and that are missing. Elsewhere it changes
 * nothing. Returns a sentence for each program that is still missing.
 */
export function provideForTests(say: (text: string) => void): readonly string[] {
  const needed = [CHROMIUM, ...SHELLS, ...SERVERS];
  const missing = needed.filter((each) => findProgram(each.names) === undefined);
  if (missing.length > 0 && existsSync("/etc/debian_version") && process.getuid?.() === 0) {
    const packages = missing.map((each) => each.debian);
    say(`installing ${packages.join(", ")} for the suites that need them`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-q"], { env, stdio: "ignore" });
    for (const name of packages) {
      const done = spawnSync("apt-get", ["install", "-y", "-q", "--no-install-recommends", name], { env });
      if (done.status !== 0) say(`${name} could not be installed: ${String(done.stderr).trim().split("\n").at(-1)}`);
    }
  }
  return needed
    .filter((each) => findProgram(each.names) === undefined)
    .map((each) => `${each.title} is not installed; on Debian: apt-get install ${each.debian}`);
}
