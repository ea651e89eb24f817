import type {
  EvidenceDetail,
  EvidencePage,
  LedgerRecord,
  ModelPlatforms,
  LoadTestDetail,
  LoadTestPage,
  Readiness,
  Session,
  Verification,
  WaiverRequest,
} from "@muster/contract";
import type { Run } from "@muster/kernel";
import { type EvidenceFilters, filterQuery } from "../evidence/filters.ts";
import { failureOf, unreachable } from "./failure.ts";

/** Every question and every act of the console, as the server's API has them. */
export interface Api {
  session(signal?: AbortSignal): Promise<Session>;
  signIn(token: string): Promise<Session>;
  signOut(): Promise<void>;
  readiness(gate: string | undefined, signal?: AbortSignal): Promise<Readiness>;
  evidence(filters: EvidenceFilters, signal?: AbortSignal): Promise<EvidencePage>;
  record(seq: number, signal?: AbortSignal): Promise<EvidenceDetail>;
  loadTests(before: string | undefined, signal?: AbortSignal): Promise<LoadTestPage>;
  loadTest(id: string, signal?: AbortSignal): Promise<LoadTestDetail>;
  verify(): Promise<Verification>;
  startRun(gate: string): Promise<Run>;
  waive(request: WaiverRequest): Promise<LedgerRecord>;
  /** The environments whose service is a model platform. */
  platforms(signal?: AbortSignal): Promise<ModelPlatforms>;
  /** Asks the model platform of an environment, by way of Muster's server. */
  platform<T>(environment: string, method: PlatformMethod, path: string, options?: CallOptions): Promise<Answered<T>>;
}

export type PlatformMethod = "GET" | "POST" | "PUT" | "DELETE";

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An answer and what its head said. */
export interface Answered<T> {
  readonly answer: T;
  readonly headers: Headers;
}

/** Where the platform of an environment answers on Muster's server, for downloads and uploads too. */
export function platformPath(environment: string, path: string): string {
  return `/api/v1/models/${encodeURIComponent(environment)}${path}`;
}

/** What the client needs of its surroundings. */
export interface ApiSurroundings {
  readonly fetch: typeof globalThis.fetch;
  /** Told the server's time, in milliseconds, with each answer that names one. */
  onServerTime(milliseconds: number): void;
}

/**
 * Speaks to the server that served the page.
 * @throws {Failure} from every call that does not succeed, and for an abort the abort's reason.
 */
export function createApi({ fetch, onServerTime }: ApiSurroundings): Api {
  async function exchange<T>(method: string, path: string, options: CallOptions = {}): Promise<Answered<T>> {
    const { body, headers, signal } = options;
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        credentials: "same-origin",
        headers: {
          accept: "application/json",
          ...headers,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      });
    } catch {
      signal?.throwIfAborted();
      throw unreachable();
    }
    const date = Date.parse(response.headers.get("date") ?? "");
    if (!Number.isNaN(date)) onServerTime(date);
    const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
    signal?.throwIfAborted();
    if (!response.ok || (answer === undefined && response.status !== 204)) throw failureOf(response.status, answer);
    // The server's tests hold its answers to the contract's schemas.
    return { answer: answer as T, headers: response.headers };
  }
  async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    return (await exchange<T>(method, `/api/v1${path}`, options)).answer;
  }
  const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call("GET", path, signal ? { signal } : {});

  return {
    session: (signal) => get("/session", signal),
    signIn: (token) => call("POST", "/session", { body: { token } }),
    signOut: () => call("DELETE", "/session"),
    readiness: (gate, signal) =>
      get(`/readiness${gate === undefined ? "" : `?gate=${encodeURIComponent(gate)}`}`, signal),
    evidence: (filters, signal) => get(`/evidence${filterQuery(filters)}`, signal),
    record: (seq, signal) => get(`/evidence/${seq}`, signal),
    loadTests: (before, signal) =>
      get(`/load-tests${before === undefined ? "" : `?before=${encodeURIComponent(before)}`}`, signal),
    loadTest: (id, signal) => get(`/load-tests/${encodeURIComponent(id)}`, signal),
    verify: () => get("/evidence/verification"),
    startRun: (gate) => call("POST", "/runs", { body: { gate } }),
    waive: (request) => call("POST", "/waivers", { body: request }),
    platforms: (signal) => get("/models", signal),
    platform: (environment, method, path, options) => exchange(method, platformPath(environment, path), options),
  };
}
