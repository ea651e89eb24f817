import { receiveMessageOnPort, workerData } from "node:worker_threads";
import type { MetricKind } from "./thresholds.ts";
import type { FromVu, SharedArrayData, VuCall, VuEvent, VuReply, VuStart } from "./messages.ts";

/**
 * The side of a virtual user's thread. k6's calls do not return before they are done, so the thread stands still while
 * the engine, in a thread of its own, does them. What follows is one for each thread, as the script itself is.
 */
const start = workerData as VuStart;
const flag = new Int32Array(start.flag);
let events: VuEvent[] = [];

/** What the modules that a script imports share within a thread. */
export const vu = {
  script: start.script,
  /** Whether the script is being read: what only its beginning may do can be done. */
  initialising: true,
  /** Groups that it is in, each followed by ` / `. */
  prefix: "",
  /** Tags of the scenario. */
  tags: {} as Readonly<Record<string, string>>,
  metrics: {} as Record<string, MetricKind>,
  arrays: {} as Record<string, SharedArrayData>,
  /** Arrays that another thread made. */
  given: start.arrays,
};

/** Reports something without waiting; it goes out with whatever is waited for next. */
export function report(event: VuEvent): void {
  events.push(event);
  // A script that checks without end and waits for nothing must not fill the memory.
  if (events.length >= 10_000) call({ type: "sleep", ms: 0 });
}

/** Has something done and stands still until it is. */
export function call(wanted: VuCall): Exclude<VuReply, { type: "refused" }> {
  if (vu.initialising) throw new Error("this cannot be done while the script is being read; do it in a function");
  say({ type: "call", events: takeEvents(), call: wanted });
  Atomics.wait(flag, 0, 0);
  Atomics.store(flag, 0, 0);
  const reply = (receiveMessageOnPort(start.port) as { message: VuReply }).message;
  if (reply.type === "refused") throw new Error(reply.message);
  return reply;
}

export function takeEvents(): readonly VuEvent[] {
  const taken = events;
  events = [];
  return taken;
}

export function say(message: FromVu): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread has no origin
  start.port.postMessage(message);
}

/** Says that something of k6's is not there. */
export function unsupported(what: string): never {
  throw new Error(`${what} is not supported by muster`);
}

/** What a module exports by default: what it has, and a clear word about everything else. */
export function withoutTheRest<T extends object>(module: T, name: string): T {
  return new Proxy(module, {
    get(target, key, receiver): unknown {
      if (typeof key === "string" && !(key in target) && key !== "then") unsupported(`"${key}" of ${name}`);
      return Reflect.get(target, key, receiver);
    },
  });
}
