import { randomBytes } from "node:crypto";
import { nodeSha256 } from "@muster/adapters";
import { issueAdminLink } from "@muster/application";
import type { Io } from "../output/io.ts";
import { withDatabase } from "./database.ts";

/** The secret of a fresh one-time link. Whoever can read Muster's data may sign in; there is no other secret to know. */
export function signInToken(data: () => string, io: Io): Promise<string> {
  return withDatabase(data, io, ({ identity }) =>
    issueAdminLink({
      identity,
      clock: { now: io.now },
      sha256: nodeSha256,
      randomToken: () => randomBytes(32).toString("base64url"),
    }),
  );
}
