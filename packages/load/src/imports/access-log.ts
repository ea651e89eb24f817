import { MusterError } from "@muster/kernel";
import { defineScenario, type LoadPlan } from "../scenario/scenario.ts";
import { rows } from "../scenario/data-source.ts";
import type { ImportedRequest } from "./imported-request.ts";

/** One request of an access log, with the time at which it came. */
export interface LoggedRequest extends ImportedRequest {
  /** Ms since the epoch. */
  readonly at: number;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Common and combined format of Apache and nginx: address, two names, [time], "request", status, size, and the rest. */
const LINE =
  /^\S+ \S+ \S+ \[(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})\] "([A-Z]+) (\S+)(?: HTTP\/[\d.]+)?" \d{3}/;
/** What may be sent again without a body, which logs do not have. */
const REPEATABLE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * The requests of an access log in the common or combined format that can be sent again: those without a body.
 * @returns the requests in the order of their time, and how many lines were left out.
 * @throws {MusterError} `load-import` when no line can be used.
 */
export function readAccessLog(text: string, base: URL): { requests: LoggedRequest[]; skipped: number } {
  const requests: LoggedRequest[] = [];
  let skipped = 0;
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const request = readLine(line, base);
    if (request === undefined) skipped += 1;
    else requests.push(request);
  }
  if (requests.length === 0) {
    throw new MusterError(
      "load-import",
      "no line of the log is a GET, HEAD or OPTIONS in the common or combined format",
    );
  }
  requests.sort((a, b) => a.at - b.at);
  return { requests, skipped };
}

function readLine(line: string, base: URL): LoggedRequest | undefined {
  const parts = LINE.exec(line);
  if (!parts) return undefined;
  const [, day, month = "", year, hour, minute, second, sign, zoneHours, zoneMinutes, method = "", target = ""] = parts;
  const monthIndex = MONTHS.indexOf(month);
  if (monthIndex < 0 || !REPEATABLE.has(method) || !target.startsWith("/") || !URL.canParse(target, base.href))
    return undefined;
  const local = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === "-" ? -1 : 1);
  // A target that begins with // would name another host.
  const url = new URL(base.origin + target);
  return { method, url, headers: {}, at: local - zone };
}

/**
 * A plan that sends the requests of a log again at their own pace, times a factor: 2 is twice as fast. Logs count
 * whole seconds, so the requests of one second are spread over it evenly.
 */
export function replayPlan(requests: readonly LoggedRequest[], base: URL, speed: number): LoadPlan {
  if (!(speed > 0) || !Number.isFinite(speed))
    throw new MusterError("invalid-request", `a log cannot be replayed ${speed} times as fast`);
  const first = requests[0]?.at ?? 0;
  const perSecond = new Map<number, number>();
  for (const { at } of requests) perSecond.set(at, (perSecond.get(at) ?? 0) + 1);
  const seen = new Map<number, number>();
  const arrivalsAt = requests.map(({ at }) => {
    const nth = seen.get(at) ?? 0;
    seen.set(at, nth + 1);
    return (at - first + (nth * 1_000) / (perSecond.get(at) ?? 1)) / speed;
  });
  const replay = defineScenario({
    name: "replay",
    // Arrivals begin in order, and each takes the next row, so each sends the request of its own time.
    data: { requests: rows(requests.map(({ method, url }) => ({ method, path: url.pathname + url.search }))) },
    async run(user) {
      const { method, path } = user.next("requests");
      await user.http.request(method, base.origin + path, undefined, { redirects: 0, discardBody: true });
    },
  });
  return { target: base.href, workloads: [{ scenarios: [replay], model: { arrivalsAt } }] };
}
