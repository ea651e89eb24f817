import { type Clock, toInstant } from "@muster/kernel";
import { defineCollector } from "@muster/contract";
import { bodyOf } from "../../wire/body.ts";
import { parseSetCookie } from "../../wire/cookie.ts";
import { type Exchange, exchange, headerValue } from "../../wire/exchange.ts";
import { redactHeader, redactUrl } from "../../wire/redact.ts";
import { type HttpExchange, httpExchangeFacts } from "./facts.ts";

/** Bounds of the collector. */
export interface HttpExchangeLimits {
  /** Milliseconds for one request. */
  readonly requestMs: number;
  /** Milliseconds after which no further request is begun. */
  readonly budgetMs: number;
  readonly redirects: number;
  readonly repetitions: number;
  readonly bodyBytes: number;
}

const LIMITS: HttpExchangeLimits = {
  requestMs: 5_000,
  budgetMs: 10_000,
  redirects: 5,
  repetitions: 5,
  bodyBytes: 1024 * 1024,
};

/** Asks the base address a few times, following redirects on the same host only. */
export function createHttpExchange(clock: Clock, limits: HttpExchangeLimits = LIMITS) {
  return defineCollector({
    facts: httpExchangeFacts,
    title: "Answers of the base address",
    timeoutMs: limits.budgetMs + limits.requestMs + 1_000,
    async collect(target, { signal }): Promise<HttpExchange> {
      const observedAt = toInstant(clock.now());
      const deadline = performance.now() + limits.budgetMs;
      const ask = (url: URL): Promise<Exchange> =>
        exchange(url, { timeoutMs: limits.requestMs, maxBodyBytes: limits.bodyBytes, signal });

      const visited = new Set<string>();
      const hops: HttpExchange["hops"] = [];
      const cookies: HttpExchange["cookies"] = [];
      let url = target.url;
      let stopped: HttpExchange["stopped"];
      let seen: Exchange;
      for (;;) {
        visited.add(url.href);
        seen = await ask(url);
        for (const [name, value] of seen.answer?.headers ?? []) {
          if (name === "set-cookie") cookies.push({ url: redactUrl(url), ...parseSetCookie(value) });
        }
        const next = redirectOf(seen, url);
        if (next === undefined) break;
        const location = next === "invalid" ? "" : redactUrl(next);
        hops.push({ url: redactUrl(url), status: seen.answer?.status ?? 0, location });
        stopped = whyNotFollow(url, next, visited, hops.length > limits.redirects || performance.now() > deadline);
        if (stopped !== undefined || next === "invalid") break;
        url = next;
      }

      const repetitions = [repetitionOf(seen)];
      while (seen.failure === undefined && repetitions.length < limits.repetitions && performance.now() < deadline) {
        repetitions.push(repetitionOf(await ask(url)));
      }
      return {
        url: redactUrl(target.url),
        observedAt,
        hops,
        ...(stopped === undefined ? {} : { stopped }),
        cookies,
        ...(seen.failure === undefined ? {} : { failure: seen.failure }),
        ...(seen.answer === undefined ? {} : { answer: answerFacts(seen.answer, seen.timings, url) }),
        repetitions,
      };
    },
  });
}

/** Where an answer redirects to, `invalid` when it does not say so properly. */
function redirectOf(seen: Exchange, url: URL): URL | "invalid" | undefined {
  if (seen.answer === undefined || ![301, 302, 303, 307, 308].includes(seen.answer.status)) return undefined;
  const location = headerValue(seen.answer.headers, "location");
  if (location === undefined) return undefined;
  const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
  return next !== undefined && /^https?:$/.test(next.protocol) ? next : "invalid";
}

/**
 * A redirect must not lead the auditor to a place that nobody asked it to visit: only the same host
 * is followed, on the same port, or from http to https.
 */
function whyNotFollow(
  from: URL,
  to: URL | "invalid",
  visited: ReadonlySet<string>,
  enough: boolean,
): HttpExchange["stopped"] {
  if (to === "invalid") return "invalid";
  const upgrade = from.protocol === "http:" && to.protocol === "https:";
  if (to.hostname !== from.hostname || (to.port !== from.port && !upgrade)) return "elsewhere";
  if (visited.has(to.href)) return "loop";
  return enough ? "too-many" : undefined;
}

function repetitionOf({ answer, failure, timings }: Exchange): HttpExchange["repetitions"][number] {
  return {
    totalMs: timings.totalMs,
    ...(answer === undefined ? {} : { status: answer.status }),
    ...(failure === undefined ? {} : { failure }),
  };
}

function answerFacts(
  answer: NonNullable<Exchange["answer"]>,
  timings: Exchange["timings"],
  url: URL,
): NonNullable<HttpExchange["answer"]> {
  return {
    url: redactUrl(url),
    status: answer.status,
    httpVersion: answer.httpVersion,
    headers: answer.headers.map(([name, value]) => ({ name, value: headerFact(name, value, url) })),
    body: bodyOf(answer),
    ...(answer.tls === undefined ? {} : { tls: answer.tls }),
    timings,
  };
}

function headerFact(name: string, value: string, url: URL): string {
  if (name === "location" && URL.canParse(value, url)) return redactUrl(new URL(value, url));
  return redactHeader(name, value);
}
