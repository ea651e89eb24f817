import { createClient } from "./client.ts";
import type { RunningService } from "./running-service.ts";

const PASSWORD = "petrel tarn quill mungo";
const SCOPES = ["predict", "read", "write"];

/** Uses the link of a fresh platform's first admin; returns a key with every scope. */
export function firstAdminKey({ url, log }: Pick<RunningService, "url" | "log">): Promise<string> {
  return redeem(url, log.find((entry) => entry["token"] !== undefined)?.["token"], SCOPES);
}

/** Makes a user with a role; returns a key for it. */
export async function userKey(
  url: string,
  admin: string,
  user: { readonly name: string; readonly role: string; readonly scopes?: readonly string[] },
): Promise<string> {
  const { name, role, scopes = SCOPES } = user;
  const made = await createClient(url)("/v1/users", { token: admin, body: { name, role } });
  return redeem(url, (made.body["link"] as { token: string }).token, scopes);
}

async function redeem(url: string, token: unknown, scopes: readonly string[]): Promise<string> {
  const call = createClient(url);
  const opened = await call("/v1/session/link", { body: { token, password: PASSWORD } });
  const cookie = opened.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const key = await call("/v1/keys", { headers: { cookie }, body: { name: "tests", scopes, days: 1 } });
  if (key.status !== 201) throw new Error(`no key: ${key.status} ${JSON.stringify(key.body)}`);
  return String(key.body["token"]);
}
