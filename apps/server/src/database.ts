import { migrate, openEmbeddedPostgres, openServiceDatabase } from "@muster/adapters";
import { type MusterError, Secret } from "@muster/kernel";
import { migrateWorkflows } from "./durable/migrate-workflows.ts";

/** The database that a server works on, wherever it comes from. */
export interface Database {
  /** For the application's own work; may read evidence and append to it, never change it. */
  readonly url: Secret;
  /** For migrations. */
  readonly ownerUrl: Secret;
  /** In a few words, for the step list. */
  readonly note: string;
  /** Settles when the database went away for good. */
  readonly lost: Promise<MusterError>;
  /** A database of its own for a service; undefined on a server that is not Muster's to make databases on. */
  openServiceDatabase(name: string): Promise<Secret | undefined>;
  /** Tells a successor that waits for the data folder that this process is on its way out. */
  announceClosing(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the database that the environment names: `DATABASE_URL` (with `DATABASE_OWNER_URL` for
 * migrations, where another role owns the schema), or the embedded server in the data folder.
 */
export async function openDatabase(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataFolder: string;
  readonly onNotice: (text: string) => void;
  readonly signal: AbortSignal;
}): Promise<Database> {
  const given = options.env["DATABASE_URL"];
  if (given !== undefined && given !== "") {
    const owner = options.env["DATABASE_OWNER_URL"] ?? given;
    return {
      url: new Secret(given),
      ownerUrl: new Secret(owner),
      note: "DATABASE_URL",
      lost: new Promise(() => {}),
      openServiceDatabase: async () => undefined,
      announceClosing: async () => {},
      close: async () => {},
    };
  }
  const embedded = await openEmbeddedPostgres({
    dataFolder: options.dataFolder,
    exclusive: true,
    onNotice: options.onNotice,
    signal: options.signal,
  });
  return {
    url: embedded.url,
    ownerUrl: embedded.ownerUrl,
    note: `embedded, ${embedded.state}`,
    lost: embedded.lost,
    openServiceDatabase: (name) => openServiceDatabase(embedded.ownerUrl, name),
    announceClosing: () => embedded.announceClosing(),
    close: () => embedded.close(),
  };
}

/** The role that the application's address names; it is granted what it needs and no more. */
function applicationRole(database: Database): string {
  return decodeURIComponent(new URL(database.url.reveal()).username);
}

/** Brings the schema up to date and says in a few words what that took. */
export async function migrateDatabase(database: Database): Promise<string> {
  const role = applicationRole(database);
  const [{ applied }] = await Promise.all([
    migrate(database.ownerUrl, role),
    migrateWorkflows(database.ownerUrl, role),
  ]);
  return applied.length === 0 ? "up to date" : `${applied.length} applied`;
}
