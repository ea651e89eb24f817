import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Io } from "./io.ts";

/**
 * Keeps everything that is known about an unexpected failure in a file, so that the screen needs to
 * show only a sentence. Returns the file's path, or undefined when it cannot be written.
 */
export async function keepDetail(error: unknown, io: Io): Promise<string | undefined> {
  try {
    const file = join(await mkdtemp(join(tmpdir(), "muster-")), "error.log");
    await writeFile(file, `${new Date(io.now()).toISOString()}\n${inspect(error, { depth: 6 })}\n`, { mode: 0o600 });
    return file;
  } catch {
    return undefined;
  }
}
