import { spawnSync } from "node:child_process";

/** A small disk of its own on a folder, to fill up. */
export interface SmallDisk {
  /** Gives the disk another size, such as `75m`. */
  resize(size: string): void;
  unmount(): void;
}

/** Why a test that needs one is skipped where there is none. */
export const NO_SMALL_DISK = "needs the right to mount a small disk";

/**
 * Mounts a disk in memory on a folder. Gives undefined where that is not allowed: it needs Linux and
 * a root that may mount, which root in a container is not.
 */
export function mountSmallDisk(folder: string, size: string): SmallDisk | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=755`, "tmpfs", folder]);
  if (mounted.status !== 0) return undefined;
  return {
    resize(other) {
      const resized = spawnSync("mount", ["-o", `remount,size=${other}`, folder], { encoding: "utf8" });
      if (resized.status !== 0) throw new Error(`the disk could not be resized: ${resized.stderr}`);
    },
    unmount() {
      spawnSync("umount", [folder]);
    },
  };
}
