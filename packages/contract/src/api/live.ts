import type { Run } from "@muster/kernel";

/** What happened, as every replica and every open console hears it. */
export type LiveChange =
  | { readonly type: "evidence.appended"; readonly from: number; readonly to: number }
  | { readonly type: "run.changed"; readonly run: Run }
  /** A load test began, found something more, or ended. */
  | { readonly type: "load.changed"; readonly test: string };

/** A change with its place in the stream; `id` grows, and a client resumes after the last one it saw. */
export type LiveEvent = LiveChange & { readonly id: number };

/** What the server sends over `/api/v1/live`. */
export type LiveMessage =
  /** First message: the newest id there is. `gap` says that changes were missed, so everything must be read anew. */
  { readonly type: "hello"; readonly latest: number; readonly gap: boolean } | LiveEvent;

/** The stream of changes that all replicas share. */
export interface LiveEvents {
  /** Publishes a change; every subscriber of every replica hears it, this one included. */
  publish(change: LiveChange): Promise<void>;
  /** Calls `listener` for every change from now on, in the order of ids. Returns how to stop. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
  /** Newest id, 0 when nothing ever happened. */
  latest(): Promise<number>;
  /** Changes after an id, oldest first; `undefined` when some of them are no longer kept. */
  since(id: number): Promise<readonly LiveEvent[] | undefined>;
}
