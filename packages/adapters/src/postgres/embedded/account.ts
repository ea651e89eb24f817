import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A user of the operating system, by number. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Name of the system user that is created when there is no other to run PostgreSQL as. */
const OWN_NAME = "muster";

/**
 * The account that PostgreSQL runs as when Muster is root, which PostgreSQL refuses to be: a user
 * `muster` or `postgres` that exists, else a system user `muster` that is created now, else `nobody`.
 * It must have an entry in the user database, because initdb looks its name up.
 */
export async function unprivilegedAccount(): Promise<Account> {
  for (const name of [OWN_NAME, "postgres"]) {
    const known = await accountNamed(name);
    if (known) return known;
  }
  await createSystemUser();
  const account = (await accountNamed(OWN_NAME)) ?? (await accountNamed("nobody"));
  if (!account) throw new Error("there is no unprivileged user to run PostgreSQL as: create a system user muster");
  return account;
}

async function accountNamed(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    const account = { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    return account.uid > 0 ? account : undefined;
  } catch {
    return undefined;
  }
}

/** Tries the commands of Debian, Red Hat and SUSE, then of Alpine. Their absence is no failure: `nobody` is left. */
async function createSystemUser(): Promise<void> {
  const ways: readonly (readonly [string, readonly string[]])[] = [
    ["useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", OWN_NAME]],
    ["adduser", ["-S", "-D", "-H", OWN_NAME]],
  ];
  for (const [command, options] of ways) {
    try {
      await run(command, options);
      return;
    } catch {
      continue;
    }
  }
}
