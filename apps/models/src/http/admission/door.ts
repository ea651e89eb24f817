import type { IncomingMessage, RequestListener, Server } from "node:http";
import { createAdmission } from "../../domain/admission/admission.ts";
import type { AdmissionMetrics } from "../../domain/observability/metrics.ts";
import { SESSION_COOKIE, TOKEN } from "../access/guard.ts";
import { refuse } from "./refusal.ts";

export interface DoorOptions {
  /** Milliseconds that a request may be expected to wait under lasting overload; 0 lets everything in at once. */
  readonly waitMs: number;
  /** Milliseconds from any fixed point, never going back. */
  now(): number;
  readonly metrics: AdmissionMetrics;
  /** Who has a key or session, as far as that is remembered. */
  remembered(token: string): { readonly id: string } | undefined;
}

/** A request that was read, or a message on a connection that such a request has opened. */
interface Arrival {
  readonly request: IncomingMessage;
  readonly begin: () => void;
}

/** Stands before everything else that is done for a caller: what cannot be begun soon is refused here. */
export interface Door {
  /** Lets requests through to a handler, before their key is looked at and their body is read, or refuses them. */
  before(handler: RequestListener, server: () => Server): RequestListener;
  /** Begins to answer a message now or later and returns true, or returns false for one that must be refused. */
  admit(request: IncomingMessage, begin: () => void): boolean;
}

/** Asked by those who must know how the service is, above all when it is not well. They cost next to nothing. */
const ALWAYS_OPEN = new Set(["/livez", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready"]);

export function createDoor({ waitMs, now, metrics, remembered }: DoorOptions): Door {
  if (waitMs === 0) {
    return {
      before: (handler) => handler,
      admit(_, begin) {
        begin();
        return true;
      },
    };
  }
  const idOf = forAMoment((token) => remembered(token)?.id, now);
  const admission = createAdmission<Arrival>({
    waitMs,
    now,
    schedule: (callback) => void setImmediate(callback),
    callerOf({ request }) {
      const token = tokenIn(request.rawHeaders);
      // Strangers share what their address gets, however many keys they make up.
      return (token === undefined ? undefined : idOf(token)) ?? request.socket.remoteAddress ?? "";
    },
    run({ request, begin }, waitedMs) {
      if (waitedMs > 0) metrics.waited(waitedMs / 1_000);
      // Whoever has gone away meanwhile gets nothing, and costs nothing.
      if (!request.socket.destroyed) begin();
    },
  });
  metrics.waiting(() => admission.waiting());

  function admit(request: IncomingMessage, begin: () => void): boolean {
    if (admission.arrive({ request, begin })) return true;
    metrics.refused();
    return false;
  }

  return {
    admit,
    before: (handler, server) => (request, response) => {
      const url = request.url ?? "/";
      // While the service stops, what is left is answered in any case, and tells its connection to close.
      if (ALWAYS_OPEN.has(url) || !server().listening) return handler(request, response);
      return admit(request, () => handler(request, response)) ? undefined : refuse(url, response);
    },
  };
}

/** Milliseconds for which an answer is used again: to recognise a key takes a digest of it, which is much at such times. */
const MOMENT_MS = 100;
/** Keys in one moment that are looked at only once. */
const MAX_KEYS = 1_000;

function forAMoment(
  look: (token: string) => string | undefined,
  now: () => number,
): (token: string) => string | undefined {
  const seen = new Map<string, string | undefined>();
  let until = 0;
  return (token) => {
    const time = now();
    if (time >= until || seen.size >= MAX_KEYS) {
      seen.clear();
      until = time + MOMENT_MS;
    }
    if (seen.has(token)) return seen.get(token);
    const found = look(token);
    seen.set(token, found);
    return found;
  };
}

const SESSION = new RegExp(`(?:^|; ?)${SESSION_COOKIE}=([^;]*)`);

/** The key or session that a request brings, in the order in which the guard heeds them; read without parsing the rest. */
function tokenIn(rawHeaders: readonly string[]): string | undefined {
  const bearer = fieldOf(rawHeaders, "authorization");
  const token = bearer?.startsWith("Bearer ")
    ? bearer.slice(7)
    : (fieldOf(rawHeaders, "x-api-key") ?? SESSION.exec(fieldOf(rawHeaders, "cookie") ?? "")?.[1]);
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

function fieldOf(rawHeaders: readonly string[], wanted: string): string | undefined {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.length === wanted.length && name.toLowerCase() === wanted) return rawHeaders[index + 1];
  }
  return undefined;
}
