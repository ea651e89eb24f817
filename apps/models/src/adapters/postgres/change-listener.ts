import type { Secret } from "@muster/kernel";
import pg from "pg";

export interface ChangeListenerOptions {
  readonly url: Secret;
  /**
   * Called with what was told after each change, and without it after each new connection, because
   * changes may have been missed.
   */
  onChange(message?: string): void;
  /** Milliseconds until another connection is tried, and between looks without being told. */
  readonly retryMs: number;
  /** What is listened to; the registry's own changes when absent. */
  readonly channel?: "muster_models" | "muster_models_event";
}

/** Listens for changes, whichever replica made them, and comes back when PostgreSQL does. */
export function listenForChanges({ url, onChange, retryMs, channel = "muster_models" }: ChangeListenerOptions): {
  close(): Promise<void>;
} {
  let client: pg.Client | undefined;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url.reveal(),
      application_name: `muster models ${process.pid} listener`,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    const lost = (): void => {
      if (client !== fresh) return;
      client = undefined;
      retry();
    };
    fresh.on("error", lost);
    fresh.on("end", lost);
    fresh.on("notification", ({ payload }) => onChange(payload));
    try {
      await fresh.connect();
      await fresh.query(`listen ${channel}`);
    } catch {
      await fresh.end().catch(() => undefined);
      retry();
      return;
    }
    if (closed) return fresh.end();
    client = fresh;
    onChange();
  }

  function retry(): void {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void connect(), retryMs);
  }

  void connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      await last?.end().catch(() => undefined);
    },
  };
}
