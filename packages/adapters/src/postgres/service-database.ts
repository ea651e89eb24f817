import { randomBytes } from "node:crypto";
import { Secret } from "@muster/kernel";
import pg from "pg";
import { namingErrors } from "./errors.ts";

/** Only one start at a time makes databases; the number is arbitrary and this purpose's own. */
const LOCK = 0x53455256;

/**
 * Gives a service a database and a role of its own on the server of `ownerUrl`: made where there is none,
 * with what an earlier start left in it otherwise. The role can reach nothing else that is Muster's.
 *
 * Its password is new with each call and kept nowhere, so a copy of an old one opens nothing. Call it
 * therefore only where one process at a time starts the service, as on the embedded server.
 *
 * @param name lower-case letters, digits and hyphens; the database is called `service_<name>`.
 * @returns the connection string.
 * @throws {MusterError} `database-unreachable`, `database-full`.
 */
export function openServiceDatabase(ownerUrl: Secret, name: string): Promise<Secret> {
  if (!/^[a-z0-9-]{1,40}$/.test(name)) throw new Error(`"${name}" cannot be a database's name`);
  const identifier = `service_${name.replaceAll("-", "_")}`;
  const password = randomBytes(32).toString("base64url");
  return namingErrors(async () => {
    const client = new pg.Client({ connectionString: ownerUrl.reveal(), application_name: "muster services" });
    await client.connect();
    try {
      await client.query("select pg_advisory_lock($1)", [LOCK]);
      const role = await client.query("select from pg_roles where rolname = $1", [identifier]);
      // A name cannot be a parameter here; both words were shown to need no quoting.
      await client.query(
        `${role.rowCount === 0 ? "create" : "alter"} role ${identifier} login password '${password}' connection limit 50`,
      );
      const database = await client.query("select from pg_database where datname = $1", [identifier]);
      if (database.rowCount === 0) await client.query(`create database ${identifier} owner ${identifier}`);
      await client.query(`revoke all on database ${identifier} from public`);
    } finally {
      await client.end();
    }
    const url = new URL(ownerUrl.reveal());
    url.username = identifier;
    url.password = password;
    url.pathname = `/${identifier}`;
    return new Secret(url.href);
  });
}
