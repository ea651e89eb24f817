import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedPostgres } from "@muster/adapters";
import pino from "pino";
import { freshSecret } from "../src/adapters/passwords/secrets.ts";
import { readConfiguration } from "../src/configuration.ts";
import { startService } from "../src/service.ts";

/** A platform that is there for a demonstration, with a key that may do what an operator may. */
export interface OwnPlatform {
  readonly url: string;
  readonly key: string;
  /** Stops it and removes what it has stored. */
  close(): Promise<void>;
}

/** Starts the platform with a PostgreSQL of its own in a temporary folder. */
export async function startOwnPlatform(): Promise<OwnPlatform> {
  const folder = await mkdtemp(join(tmpdir(), "muster-demo-"));
  // Started by root, PostgreSQL runs as another user, who must be able to enter.
  await chmod(folder, 0o711);
  const postgres = await openEmbeddedPostgres({ dataFolder: folder, exclusive: true });
  const { token: key, hash } = freshSecret("mk");
  const configuration = readConfiguration({
    PORT: "0",
    DATABASE_URL: postgres.ownerUrl.reveal(),
    DATA_FOLDER: join(folder, "models"),
    OPERATOR_KEY_HASH: hash,
  });
  const service = await startService(configuration, pino({ level: "error" }));
  return {
    url: service.url,
    key,
    async close() {
      await service.stop();
      await postgres.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
