import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MusterError } from "@muster/kernel";
import { saysNoRoom } from "../errors.ts";
import { APPLICATION, createCredentials, type Credentials, DATABASE, OWNER } from "./credentials.ts";
import { type ClusterHome, pathsIn } from "./home.ts";
import { serverEnvironment } from "./postmaster.ts";

/** Who may connect: this machine, with a password. */
const HOST_ACCESS = `# Written by Muster: only from this machine, only with a password.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
`;

/** Marks the folder of a cluster that is not complete. */
const UNFINISHED = ".new-";

/**
 * Makes a complete cluster beside its final place and then renames it there, so that a kill at any
 * moment leaves either all of it or nothing. It never listens before it has its passwords.
 */
export async function initialiseCluster(home: ClusterHome): Promise<void> {
  await mkdir(dirname(home.folder), { recursive: true });
  const fresh = pathsIn(`${home.folder}${UNFINISHED}${randomBytes(8).toString("hex")}`);
  try {
    await mkdir(fresh.folder);
    // Not left to the umask: the server's user must be able to enter, and nobody else where that is ourselves.
    await chmod(fresh.folder, home.account ? 0o755 : 0o700);
    const credentials = await createCredentials(fresh.credentials);
    await mkdir(fresh.data, { mode: 0o700 });
    if (home.account) await chown(fresh.data, home.account.uid, home.account.gid);
    await runTool(home, home.binaries.initdb, [
      `--pgdata=${fresh.data}`,
      `--username=${OWNER}`,
      "--auth=reject",
      "--encoding=UTF8",
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--data-checksums",
      "--no-instructions",
      // Everything is flushed to disk in any case; at once where the system can, else file by file.
      ...(process.platform === "linux" ? ["--sync-method=syncfs"] : []),
    ]);
    await writeFile(join(fresh.data, "pg_hba.conf"), HOST_ACCESS);
    await runTool(
      home,
      home.binaries.postgres,
      ["--single", "-D", fresh.data, "-c", "exit_on_error=on", "postgres"],
      rolesSql(credentials),
    );
    await rename(fresh.folder, home.folder);
    await syncFolder(dirname(home.folder));
  } finally {
    await rm(fresh.folder, { recursive: true, force: true });
  }
}

/** Single-user mode reads one command per line. */
function rolesSql(credentials: Credentials): string {
  return [
    `alter role ${OWNER} password '${credentials.owner.reveal()}'`,
    `create role ${APPLICATION} login password '${credentials.application.reveal()}'`,
    `create database ${DATABASE}`,
    `revoke all on database ${DATABASE} from public`,
    `grant connect on database ${DATABASE} to ${APPLICATION}`,
    "",
  ].join("\n");
}

/** Removes what initialisations left that were killed. Under the start lock every unfinished one is abandoned. */
export async function removeUnfinished(home: ClusterHome): Promise<void> {
  const parent = dirname(home.folder);
  const prefix = `${basename(home.folder)}${UNFINISHED}`;
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    // A tool of the killed Muster may still be writing there; the next start removes what is left then.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function runTool(home: ClusterHome, program: string, options: readonly string[], input = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, options, {
      ...home.account,
      cwd: "/",
      env: serverEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
    });
    let output = "";
    let noRoom = false;
    const keep = (chunk: Buffer) => {
      output += chunk.toString("utf8");
      noRoom ||= saysNoRoom(output);
      output = output.slice(-4_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    // A tool that ends early breaks the pipe; its exit code and words are the better report.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.once("error", (cause) =>
      reject(new MusterError("database-start", `${program} cannot be run: ${cause.message}`, { cause })),
    );
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(toolFailure(program, home.folder, output, noRoom));
    });
  });
}

function toolFailure(program: string, folder: string, output: string, noRoom: boolean): MusterError {
  if (noRoom) {
    return new MusterError("database-full", `no room to initialise PostgreSQL in ${folder}`);
  }
  // Statements are not repeated: they hold passwords.
  const said = output
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes("STATEMENT:") && !line.includes("backend>"))
    .slice(-5)
    .join("\n");
  return new MusterError("database-start", `${basename(program)} failed in ${folder}:\n${said}`);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
