import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { serviceName } from "./answers.ts";

/** Ports on which a service under development commonly listens, the likeliest first. */
const COMMON_PORTS = [3000, 8080, 8000, 5000, 4000, 8888] as const;
const KNOCK_MS = 300;

/** What could be found out about the service of a folder. */
export interface Guess {
  readonly name: string;
  readonly owner: string;
  readonly url: string;
  /** Whether something answers at the address, so that nobody needs to be asked. */
  readonly urlIsFound: boolean;
}

/** Looks at the folder and at this machine. Nothing here is sure; everything can be overruled. */
export async function guess(folder: string): Promise<Guess> {
  const [name, owner, port] = await Promise.all([guessName(folder), guessOwner(folder), guessPort(COMMON_PORTS)]);
  return { name, owner, url: `http://127.0.0.1:${port ?? COMMON_PORTS[0]}`, urlIsFound: port !== undefined };
}

async function guessName(folder: string): Promise<string> {
  try {
    const { name } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { name?: unknown };
    if (typeof name === "string" && name !== "") return serviceName(name);
  } catch {
    // No package, or none that can be read: the folder has a name too.
  }
  return serviceName(basename(folder));
}

async function guessOwner(folder: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["config", "user.name"], { cwd: folder });
    if (stdout.trim() !== "") return stdout.trim();
  } catch {
    // No git, or no name in it.
  }
  return userInfo().username;
}

/** The first of the ports on which something listens on this machine. */
export async function guessPort(ports: readonly number[]): Promise<number | undefined> {
  const open = await Promise.all(ports.map(listens));
  return ports.find((_, index) => open[index]);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: KNOCK_MS });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}
