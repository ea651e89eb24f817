import type { PlacedEvent, PlatformEvent } from "./event.ts";

/**
 * Where parts tell what has changed. Changes that are written to the audit log tell themselves, in the transaction of
 * the change; this is for those that are not.
 */
export interface EventPublisher {
  /** Resolves when every replica is going to hear of it. @throws {MusterError} `database-unreachable`. */
  publish(event: PlatformEvent): Promise<void>;
}

/** The stream of changes, the same on every replica. */
export interface Events extends EventPublisher {
  /** Calls back with each event, in the order of ids, from now on; returns how to stop it. */
  subscribe(listener: (event: PlacedEvent) => void): () => void;
  /** Id of the newest event; 0 before the first. */
  latest(): Promise<number>;
  /**
   * Events after an id, oldest first; undefined when they are too many or kept no longer, or the id is not of this
   * stream.
   */
  since(id: number): Promise<readonly PlacedEvent[] | undefined>;
}
