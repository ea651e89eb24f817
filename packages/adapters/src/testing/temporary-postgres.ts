import { spawn } from "node:child_process";
import { chmod, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Secret } from "@muster/kernel";
import { openEmbeddedPostgres } from "../postgres/embedded/open.ts";
import { migrate } from "../postgres/migrations/migrate.ts";

/** A PostgreSQL that is there for a test. */
export interface TemporaryPostgres {
  /** Connection string of the application's role. */
  readonly url: Secret;
  /** Connection string of the superuser. */
  readonly ownerUrl: Secret;
  /** Stops the server and removes its files. */
  close(): Promise<void>;
}

/**
 * Starts a fresh, migrated PostgreSQL in a temporary folder. It goes away with
 * {@link TemporaryPostgres.close} or with this process.
 *
 * @param parent where the folder is made; by default where the system keeps temporary files.
 */
export async function temporaryPostgres(parent: string = tmpdir()): Promise<TemporaryPostgres> {
  const folder = await mkdtemp(join(parent, "muster-test-"));
  // When the tests run as root the server is another user, who must be able to enter.
  await chmod(folder, 0o711);
  const embedded = await openEmbeddedPostgres({ dataFolder: folder, exclusive: true });
  const cluster = await realpath(join(folder, "postgres"));
  const guard = guardFolder(embedded.pid, [folder, cluster]);
  await migrate(embedded.ownerUrl, "muster");
  return {
    url: embedded.url,
    ownerUrl: embedded.ownerUrl,
    async close() {
      await embedded.close();
      // Before the server's pid can be another's.
      guard.kill("SIGKILL");
      for (const each of [cluster, folder]) await rm(each, { recursive: true, force: true });
    },
  };
}

/** Waits for the end of its input, which comes when the test ends however it ends, and cleans up then. */
function guardFolder(pid: number, folders: readonly string[]) {
  const script = `read -r _; pid=$1; shift
kill -INT "$pid" 2>/dev/null; while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done; rm -rf -- "$@"`;
  const guard = spawn("/bin/sh", ["-c", script, "sh", String(pid), ...folders], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return guard;
}
