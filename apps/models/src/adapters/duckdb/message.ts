import type { ErrorCode } from "@muster/kernel";
import type {
  DriftOrder,
  ExportOrder,
  Hint,
  IngestOrder,
  PageOrder,
  QueryOrder,
} from "../../domain/dataset/data-engine.ts";

import type { JoinOrder, PartOrder, ProbeOrder } from "../../domain/jobs/job-engine.ts";

/** What a worker is asked to do; one worker does one order. */
export type Order =
  | { readonly kind: "detect"; readonly file: string; readonly hint: Hint }
  | ({ readonly kind: "ingest" } & IngestOrder)
  | ({ readonly kind: "query" } & QueryOrder)
  | ({ readonly kind: "page" } & PageOrder)
  | ({ readonly kind: "export" } & ExportOrder)
  | ({ readonly kind: "drift" } & DriftOrder)
  | ({ readonly kind: "probe" } & ProbeOrder)
  | ({ readonly kind: "part" } & PartOrder)
  | ({ readonly kind: "join" } & JoinOrder);

/** What it answers on standard output, last. A part has lines before it, which are slices, and reads a line for each. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };
