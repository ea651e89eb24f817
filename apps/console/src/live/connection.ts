import type { LiveEvent, LiveMessage } from "@muster/contract";

/** How fresh the page is. Times are local, in milliseconds. */
export type LiveState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** The stream broke off at `since` and is being taken up again. */
  | { readonly kind: "behind"; readonly since: number }
  | { readonly kind: "offline"; readonly since: number };

/** A socket that was opened. */
export interface Socket {
  close(): void;
}

/** What a socket tells. */
export interface SocketListeners {
  onMessage(data: unknown): void;
  onClose(code: number): void;
}

export interface LiveSurroundings {
  /** Opens a socket to a path of the page's own server. */
  open(path: string, listeners: SocketListeners): Socket;
  now(): number;
  /** Calls back once after a while; returns how to cancel. */
  after(milliseconds: number, callback: () => void): () => void;
  /** A number from 0 to 1, to spread the reconnects of many consoles. */
  random(): number;
}

export interface LiveListeners {
  onState(state: LiveState): void;
  onEvent(event: LiveEvent): void;
  /** Changes may have been missed: everything must be read anew. */
  onGap(): void;
  /** The server ended the stream because the session is over. */
  onSessionEnd(): void;
}

export interface LiveConnection {
  /** Tries now instead of later: the network came back, or somebody looked at the page. */
  wake(): void;
  stop(): void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** After this long without a stream nobody should rely on the page. */
const OFFLINE_AFTER_MS = 30_000;
/** A socket that opens but says nothing is no connection. */
const HELLO_WITHIN_MS = 10_000;
/** Close code with which the server ends the stream of an ended session. */
const SESSION_ENDED = 4401;

/**
 * Keeps one stream of changes open. After a break it resumes behind the last event that it saw, so
 * that nothing is missed and nothing is told twice.
 */
export function connectLive(surroundings: LiveSurroundings, listeners: LiveListeners): LiveConnection {
  let socket: Socket | undefined;
  let lastId: number | undefined;
  let brokenSince: number | undefined;
  let failures = 0;
  let stopped = false;
  let cancelRetry = (): void => {};
  let cancelHello = (): void => {};
  let cancelOffline = (): void => {};

  listeners.onState({ kind: "connecting" });
  connect();
  return {
    wake() {
      if (stopped || socket !== undefined) return;
      cancelRetry();
      connect();
    },
    stop() {
      stopped = true;
      cancelRetry();
      cancelHello();
      cancelOffline();
      socket?.close();
    },
  };

  function connect(): void {
    const path = lastId === undefined ? "/api/v1/live" : `/api/v1/live?after=${lastId}`;
    const opened = surroundings.open(path, {
      onMessage(data) {
        const message = read(data);
        if (message !== undefined && socket === opened) receive(message);
      },
      onClose(code) {
        if (socket !== opened) return;
        socket = undefined;
        cancelHello();
        if (!stopped) lost(code);
      },
    });
    socket = opened;
    cancelHello = surroundings.after(HELLO_WITHIN_MS, () => opened.close());
  }

  function receive(message: LiveMessage): void {
    if (message.type === "hello") {
      cancelHello();
      cancelOffline();
      failures = 0;
      brokenSince = undefined;
      // What was read before the first hello may be older than the stream.
      const unsure = lastId === undefined || message.gap;
      if (unsure) lastId = message.latest;
      listeners.onState({ kind: "live" });
      if (unsure) listeners.onGap();
      return;
    }
    if (lastId !== undefined && message.id <= lastId) return;
    lastId = message.id;
    listeners.onEvent(message);
  }

  function lost(code: number): void {
    if (code === SESSION_ENDED) {
      listeners.onSessionEnd();
      return;
    }
    if (brokenSince === undefined) {
      const since = surroundings.now();
      brokenSince = since;
      listeners.onState({ kind: "behind", since });
      cancelOffline = surroundings.after(OFFLINE_AFTER_MS, () => listeners.onState({ kind: "offline", since }));
    }
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    failures += 1;
    cancelRetry = surroundings.after(wait * (0.5 + surroundings.random() / 2), connect);
  }
}

function read(data: unknown): LiveMessage | undefined {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data) as LiveMessage;
  } catch {
    return undefined;
  }
}
