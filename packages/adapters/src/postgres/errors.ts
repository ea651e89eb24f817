import { MusterError } from "@muster/kernel";

/** What Node says when a server cannot be reached or goes away. */
const NETWORK_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
]);

/**
 * SQLSTATE classes that mean that the server is there but does not serve us (PostgreSQL, appendix A):
 * 08 connection, 28 login refused, 3D no such database, 53 too few resources, 57 shutting down or
 * cancelled by a timeout, 58 trouble of the operating system.
 */
const UNREACHABLE_CLASSES = new Set(["08", "28", "3D", "53", "57", "58"]);

/** pg reports these without a code. */
const CONNECTION_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client was closed|not queryable|Cannot use a pool after calling end/;

/** Whether PostgreSQL or the system says that a disk is full; a write cut short has only the hint. */
export function saysNoRoom(text: string): boolean {
  return text.includes("No space left on device") || text.includes("Check free disk space");
}

/** Names a failure of the database where Muster has a name for it; other errors come back as they are. */
export function databaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof MusterError) return error;
  const code = (error as { code?: unknown }).code;
  const state = typeof code === "string" ? code : "";
  if (state === "53100" || state === "ENOSPC" || state === "EDQUOT" || saysNoRoom(error.message)) {
    return new MusterError("database-full", `there is no room left: ${error.message}`, { cause: error });
  }
  const unreachable =
    NETWORK_CODES.has(state) ||
    (/^[0-9A-Z]{5}$/.test(state) && UNREACHABLE_CLASSES.has(state.slice(0, 2))) ||
    (state === "" && CONNECTION_MESSAGES.test(error.message)) ||
    error instanceof AggregateError;
  if (!unreachable) return error;
  return new MusterError("database-unreachable", `PostgreSQL: ${messageOf(error)}`, { cause: error });
}

/** Runs work on the database; its failures come out named. */
export async function namingErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw databaseError(error);
  }
}

/** A host with several addresses fails with one error for each and no message of its own. */
function messageOf(error: Error): string {
  if (!(error instanceof AggregateError) || error.message !== "") return error.message;
  return error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join("; ");
}
