import { setTimeout as delay } from "node:timers/promises";

/** A record as the ledger acknowledged it. */
export interface Acknowledged {
  readonly seq: number;
  readonly hash: string;
}

const PAUSE_MS = 110;

/**
 * Writes evidence through the API for as long as the server lives: it signs in with a one-time link
 * and waives a control again and again. Each `201 Created` is a promise that the record is kept.
 */
export async function writeUntilDead(signInLink: string, keep: (record: Acknowledged) => void): Promise<void> {
  const link = new URL(signInLink);
  const call = (path: string, body: unknown, cookie = ""): Promise<Response> =>
    fetch(new URL(path, link), {
      method: "POST",
      headers: { "content-type": "application/json", cookie },
      body: JSON.stringify(body),
    });
  try {
    const signedIn = await call("/api/v1/session", { token: link.hash.replace("#token=", "") });
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0];
    for (;;) {
      const answer = await call(
        "/api/v1/waivers",
        {
          control: "encrypted",
          environment: "staging",
          reason: "Written by the campaign that kills Muster.",
          until: new Date(Date.now() + 3_600_000).toISOString(),
        },
        cookie,
      );
      if (answer.status === 201) keep((await answer.json()) as Acknowledged);
      await delay(PAUSE_MS);
    }
  } catch {
    // The server was killed, which is what this campaign does.
  }
}
