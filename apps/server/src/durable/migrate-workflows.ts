import { Worker } from "node:worker_threads";
import { MusterError, type Secret } from "@muster/kernel";

/** What the migrating thread is given. */
export interface MigrateWork {
  readonly ownerUrl: string;
  readonly role: string;
}

/**
 * Brings the tables of durable workflows up to date, and lets the application's role use them.
 * @throws {MusterError} `database-unreachable`
 */
export async function migrateWorkflows(ownerUrl: Secret, role: string): Promise<void> {
  const work: MigrateWork = { ownerUrl: ownerUrl.reveal(), role };
  const worker = new Worker(new URL("./migrate-worker.ts", import.meta.url), {
    workerData: work,
    stdout: true,
    stderr: true,
  });
  let said = "";
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  await new Promise<void>((resolve, reject) => {
    worker.once("error", (cause) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      reject(
        new MusterError("database-unreachable", `the tables of workflows could not be migrated: ${reason}`, {
          cause: `${reason}\n${said}`,
        }),
      );
    });
    worker.once("exit", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new MusterError("database-unreachable", `migrating the tables of workflows ended with ${code}`, {
            cause: said,
          }),
        );
    });
  });
}
