import type { Announcement } from "@muster/contract";

/** Tells whoever started this process what happens in it. */
export type Announce = (announcement: Announcement) => void;

/**
 * Announces over the IPC channel when a `muster` command started this process, and as lines of JSON
 * on standard output otherwise, for a service manager's journal.
 */
export function createAnnounce(): Announce {
  if (process.send) {
    return (announcement) => {
      // The channel closes when the command dies; what it would have shown is of no use then.
      if (process.connected) process.send?.(announcement, () => {});
    };
  }
  return (announcement) => {
    process.stdout.write(`${JSON.stringify(announcement)}\n`);
  };
}
