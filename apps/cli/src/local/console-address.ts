import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where a running `muster up` notes the address of its console, for commands beside it. */
function noteIn(data: string): string {
  return join(data, "console.json");
}

export async function noteConsole(data: string, url: string): Promise<void> {
  await writeFile(noteIn(data), `${JSON.stringify({ url })}\n`);
}

export async function forgetConsole(data: string): Promise<void> {
  await rm(noteIn(data), { force: true });
}

/** The address that was noted, if its console answers. */
export async function runningConsole(data: string): Promise<string | undefined> {
  try {
    const { url } = JSON.parse(await readFile(noteIn(data), "utf8")) as { url: string };
    // A Muster that was killed leaves its note behind, so the note alone is not believed.
    const answer = await fetch(new URL("/livez", url), { signal: AbortSignal.timeout(2_000) });
    return answer.ok ? url : undefined;
  } catch {
    return undefined;
  }
}
