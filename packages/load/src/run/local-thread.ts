import type { Json } from "@muster/kernel";
import { ThreadRun } from "../engine/thread-run.ts";
import type { LoadPlan } from "../scenario/scenario.ts";
import type { LoadCommand, LoadThread } from "./load-thread.ts";

/** Runs the whole load in the calling thread: for tests, and for plans that exist only in memory. */
export function startLocalThread(plan: LoadPlan, shared: Json | undefined): LoadThread {
  const run = new ThreadRun(plan, { index: 0, count: 1 }, shared);
  return {
    name: "this thread",
    latest: () => run.snapshot(),
    command: (command) => obey(run, command),
    finished: run.finished.then(() => undefined),
  };
}

export function obey(run: ThreadRun, command: LoadCommand): void {
  switch (command.type) {
    case "pause":
      run.pause();
      break;
    case "resume":
      run.resume();
      break;
    case "stop":
      run.stop();
      break;
    case "abort":
      run.abort();
      break;
    case "scale":
      run.scale(command.factor);
      break;
  }
}
