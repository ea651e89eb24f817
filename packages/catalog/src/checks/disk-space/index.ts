import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { diskUsageFacts } from "../../collectors/disk-usage/facts.ts";
import { byteSize, percent } from "../../numbers/text.ts";

export const diskSpace = defineCheck({
  id: "disk-space",
  title: "The disk has room",
  failureTitle: "The disk is filling up",
  why: "A full disk stops databases, logs and uploads at once, and often keeps the service from starting again. A disk can also run out of inodes while bytes are left.",
  fix: "Delete or move what is not needed, rotate logs, enlarge the volume. For inodes, look for a folder with very many small files.",
  category: "health",
  severity: "high",
  requires: [diskUsageFacts],
  parameters: Type.Object({
    warnBelow: Type.Number({
      default: 0.15,
      minimum: 0,
      maximum: 1,
      description: "Share of bytes or inodes left below which to warn",
    }),
    failBelow: Type.Number({
      default: 0.05,
      minimum: 0,
      maximum: 1,
      description: "Share of bytes or inodes left below which to fail",
    }),
    minimumBytes: Type.Integer({
      default: 268_435_456,
      minimum: 0,
      description: "Bytes left below which to fail, whatever the share; 268,435,456 are 256 MiB",
    }),
  }),
  supports: ["soc2:A1.1", "iso-27001-2022:A.8.6"],
  references: ["Prometheus node-mixin: NodeFilesystemAlmostOutOfSpace, NodeFilesystemAlmostOutOfFiles"],
  judge({ "disk-usage": seen }, { warnBelow, failBelow, minimumBytes }) {
    if (seen.disk === undefined) {
      const reason = seen.failure ? `${seen.failure.message} (${seen.failure.code})` : "nothing came back";
      return { outcome: "unknown", summary: `${seen.path} could not be looked at: ${reason}` };
    }
    const { totalBytes, availableBytes, totalInodes, freeInodes } = seen.disk;
    if (totalBytes === 0) return { outcome: "unknown", summary: `${seen.path} is on a file system without a size` };
    const bytesLeft = availableBytes / totalBytes;
    // File systems that make inodes as they need them report none.
    const inodesLeft = totalInodes === 0 ? undefined : freeInodes / totalInodes;
    const least = Math.min(bytesLeft, inodesLeft ?? 1);
    const inodes = inodesLeft === undefined ? "" : ` and ${percent(inodesLeft)} of inodes`;
    const summary = `${byteSize(availableBytes)} (${percent(bytesLeft)})${inodes} left, warns below ${percent(warnBelow)}, fails below ${percent(failBelow)} or ${byteSize(minimumBytes)}`;
    if (least >= warnBelow && availableBytes >= minimumBytes) return { outcome: "pass", summary };
    const scarce = inodesLeft !== undefined && inodesLeft < bytesLeft ? "inodes" : "bytes";
    return {
      outcome: least < failBelow || availableBytes < minimumBytes ? "fail" : "warn",
      summary,
      findings: [{ resource: `disk of ${seen.path}`, message: `${scarce} are running out` }],
    };
  },
});
