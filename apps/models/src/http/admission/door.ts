import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createAdmission } from "../../domain/admission/admission.ts";
import type { AdmissionMetrics } from "../../domain/observability/metrics.ts";
import { refuse } from "./refusal.ts";

export interface DoorOptions {
  /** Milliseconds that a request may be expected to wait under lasting overload; 0 lets everything in at once. */
  readonly waitMs: number;
  /** Milliseconds from any fixed point, never going back. */
  now(): number;
  readonly metrics: AdmissionMetrics;
}

interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Asked by those who must know how the service is, above all when it is not well. They cost next to nothing. */
const ALWAYS_OPEN = new Set(["/livez", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready"]);

/** Fields that say for whom a request is, in the order in which the guard heeds them. */
const CREDENTIALS = ["authorization", "x-api-key", "cookie"];

/**
 * Stands before everything else that is done for a request: before its key is looked at and its body is read. What
 * cannot be begun soon is refused here.
 */
export function guardDoor(handler: RequestListener, server: () => Server, options: DoorOptions): RequestListener {
  const { metrics } = options;
  if (options.waitMs === 0) return handler;
  const admission = createAdmission<Arrival>({
    waitMs: options.waitMs,
    now: () => options.now(),
    schedule: (callback) => void setImmediate(callback),
    callerOf: ({ request }) => callerOf(request),
    run({ request, response }, waitedMs) {
      if (waitedMs > 0) metrics.waited(waitedMs / 1_000);
      // Whoever has gone away meanwhile gets nothing, and costs nothing.
      if (!request.socket.destroyed) handler(request, response);
    },
  });
  metrics.waiting(() => admission.waiting());
  return (request, response) => {
    const url = request.url ?? "/";
    // While the service stops, what is left is answered in any case, and tells its connection to close.
    if (ALWAYS_OPEN.has(url) || !server().listening) return handler(request, response);
    if (admission.arrive({ request, response })) return undefined;
    metrics.refused();
    return refuse(url, response);
  };
}

/** The credential as it was sent, or else the address: not yet who it is, but the same for the same one. */
function callerOf({ rawHeaders, socket }: IncomingMessage): string {
  for (const wanted of CREDENTIALS) {
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? "";
      if (name.length === wanted.length && name.toLowerCase() === wanted) return rawHeaders[index + 1] ?? "";
    }
  }
  return socket.remoteAddress ?? "";
}
