import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/**
 * Says that a copy is used now, so that it is kept for a while.
 * @returns whether it is there.
 */
export async function touch(path: string, now: number): Promise<boolean> {
  try {
    await utimes(path, now / 1_000, now / 1_000);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Removes copies that were used longest ago until the rest fits, but none that was used since an instant: a program
 * may be about to open it.
 */
export async function evictCopies(folders: readonly string[], maxBytes: number, usedSince: number): Promise<void> {
  const copies: { readonly path: string; readonly size: number; readonly usedAt: number }[] = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const found = await stat(path).catch(() => undefined);
      if (found) copies.push({ path, size: found.size, usedAt: found.mtimeMs });
    }
  }
  let total = copies.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size, usedAt } of copies.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (total <= maxBytes || usedAt >= usedSince) return;
    await rm(path, { force: true });
    total -= size;
  }
}
