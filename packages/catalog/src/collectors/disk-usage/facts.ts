import { defineFacts, type FactsOf } from "@muster/contract";
import { Type } from "typebox";

const Count = Type.Number({ minimum: 0 });

/** Facts of the disk that holds a folder. */
export const diskUsageFacts = defineFacts(
  "disk-usage",
  Type.Object({
    path: Type.String(),
    observedAt: Type.String(),
    failure: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
    disk: Type.Optional(
      Type.Object({
        totalBytes: Count,
        /** What an ordinary user may still write, without the reserve of the superuser. */
        availableBytes: Count,
        /** Zero where the file system creates inodes as it needs them. */
        totalInodes: Count,
        freeInodes: Count,
      }),
    ),
  }),
);

export type DiskUsage = FactsOf<typeof diskUsageFacts>;
