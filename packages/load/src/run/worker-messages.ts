import type { Json } from "@muster/kernel";
import type { ThreadSnapshot } from "../engine/thread-run.ts";
import type { Slice } from "../metrics/timeline.ts";
import type { Segment } from "../scenario/data-source.ts";
import type { LoadCommand } from "./load-thread.ts";

/** What a worker is started with. */
export interface WorkerStart {
  readonly planFile: string;
  readonly segment: Segment;
}

/** What a worker is told. */
export type ToWorker = { readonly type: "start"; readonly shared: Json | undefined } | LoadCommand;

/** What a worker has counted; of the timeline only the slices that changed since the last time. */
export interface WorkerSnapshot extends Omit<ThreadSnapshot, "timeline"> {
  readonly timeline: { readonly sliceMs: number; readonly from: number; readonly slices: readonly Slice[] };
}

/** What a worker says. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "snapshot"; readonly snapshot: WorkerSnapshot }
  | { readonly type: "finished" }
  | { readonly type: "failed"; readonly message: string };
