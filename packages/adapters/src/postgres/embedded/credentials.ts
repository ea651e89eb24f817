import { randomBytes } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { MusterError, Secret } from "@muster/kernel";

/** Superuser of the cluster: migrations and supervision only. */
export const OWNER = "muster_owner";
/** Role that Muster works as. It owns nothing. */
export const APPLICATION = "muster";
export const DATABASE = "muster";

/** The random passwords of a cluster's two roles. */
export interface Credentials {
  readonly owner: Secret;
  readonly application: Secret;
}

/** Makes passwords and writes them to a new file of mode 0600; they are on disk when this resolves. */
export async function createCredentials(file: string): Promise<Credentials> {
  const owner = randomBytes(32).toString("base64url");
  const application = randomBytes(32).toString("base64url");
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ owner, application })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { owner: new Secret(owner), application: new Secret(application) };
}

/** @throws {MusterError} `database-start` when the file cannot be read or does not hold two passwords. */
export async function readCredentials(file: string): Promise<Credentials> {
  try {
    const { owner, application } = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    if (typeof owner !== "string" || typeof application !== "string") throw new TypeError("a password is missing");
    return { owner: new Secret(owner), application: new Secret(application) };
  } catch (cause) {
    throw new MusterError(
      "database-start",
      `the passwords of the embedded PostgreSQL cannot be read from ${file}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Connection string of a role on the embedded server. */
export function connectionUrl(role: string, password: Secret, port: number): Secret {
  return new Secret(`postgres://${role}:${password.reveal()}@127.0.0.1:${port}/${DATABASE}`);
}
