import type { ErrorCode } from "@muster/kernel";
import type {
  DriftOrder,
  ExportOrder,
  Hint,
  IngestOrder,
  PageOrder,
  QueryOrder,
} from "../../domain/dataset/data-engine.ts";

/** What a worker is asked to do; one worker does one order. */
export type Order =
  | { readonly kind: "detect"; readonly file: string; readonly hint: Hint }
  | ({ readonly kind: "ingest" } & IngestOrder)
  | ({ readonly kind: "query" } & QueryOrder)
  | ({ readonly kind: "page" } & PageOrder)
  | ({ readonly kind: "export" } & ExportOrder)
  | ({ readonly kind: "drift" } & DriftOrder);

/** What it answers on standard output. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };
