import { MessageChannel, Worker } from "node:worker_threads";
import type { Json } from "@muster/kernel";
import { LoadStopped } from "../user/stopped.ts";
import { VU_BOOT, vuModules } from "./vu-modules.ts";
import type { FromVu, SharedArrayData, VuCall, VuEvent, VuReply, VuRun, VuStart } from "./messages.ts";

/** Memory that one virtual user's script may take, in MB. */
const MAX_HEAP_MB = 256;

/** What a thread said of its script when it had read it. */
export type VuReady = Extract<FromVu, { type: "ready" }>;

/** Who does what a script waits for. */
export interface VuServant {
  events(events: readonly VuEvent[]): void;
  /** Does a call; rejects with {@link LoadStopped} when the run is over. */
  call(call: VuCall): Promise<VuReply>;
}

/** The thread of a virtual user, as the engine sees it. */
export interface VuThread {
  /** Settles when the script was read; rejects when it could not be. */
  readonly ready: Promise<VuReady>;
  /**
   * Has a function of the script called, and does what it waits for.
   * @returns what the function returned.
   * @throws what the function threw, by name and message; {@link LoadStopped} when the run is over.
   */
  run(run: Omit<VuRun, "type">, servant: VuServant): Promise<Json | undefined>;
  /** Whether it has ended, by itself or not. */
  readonly gone: boolean;
  /** Ends the thread, whatever it does. */
  close(): void;
}

/** Starts the thread of a virtual user. */
export function startVuThread(
  script: string,
  vu: number,
  arrays: Readonly<Record<string, SharedArrayData>> | undefined,
): VuThread {
  const flag = new SharedArrayBuffer(4);
  const bell = new Int32Array(flag);
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(VU_BOOT, {
    eval: true,
    workerData: { script, vu, port: port2, flag, arrays, modules: vuModules() } satisfies VuStart,
    transferList: [port2],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: 8 },
  });
  const ready = Promise.withResolvers<VuReady>();
  let running:
    | { servant: VuServant; resolve: (result: Json | undefined) => void; reject: (error: Error) => void }
    | undefined;
  let gone: Error | undefined;

  const end = (why: Error): void => {
    if (gone !== undefined) return;
    gone = why;
    ready.reject(why);
    running?.reject(why);
    running = undefined;
    port.close();
    void worker.terminate();
  };
  const answer = (reply: VuReply): void => {
    if (gone !== undefined) return;
    port.postMessage(reply);
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
  };
  const serve = async (servant: VuServant, call: VuCall): Promise<void> => {
    try {
      answer(await servant.call(call));
    } catch (error) {
      // The thread goes on waiting, and is ended with its user.
      if (error instanceof LoadStopped) running?.reject(error);
      else answer({ type: "refused", message: error instanceof Error ? error.message : String(error) });
    }
  };
  ready.promise.catch(() => {});
  port.on("message", (message: FromVu) => {
    switch (message.type) {
      case "ready":
        ready.resolve(message);
        break;
      case "failed":
        end(new Error(message.message));
        break;
      case "call":
        if (running === undefined) break;
        running.servant.events(message.events);
        void serve(running.servant, message.call);
        break;
      case "done": {
        const done = running;
        running = undefined;
        if (done === undefined) break;
        done.servant.events(message.events);
        if (message.error === undefined) done.resolve(message.result);
        else done.reject(scriptError(message.error));
      }
    }
  });
  worker.on("error", (error: NodeJS.ErrnoException) => {
    const memory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
    end(memory ? new Error(`a virtual user took more than ${MAX_HEAP_MB} MB`) : error);
  });
  worker.on("exit", () => end(new Error("the thread of a virtual user ended: the script ended the process")));
  return {
    ready: ready.promise,
    get gone() {
      return gone !== undefined;
    },
    run(run, servant) {
      if (gone !== undefined) return Promise.reject(gone);
      return new Promise((resolve, reject) => {
        running = { servant, resolve, reject };
        port.postMessage({ type: "run", ...run } satisfies VuRun);
      });
    },
    close: () => end(new LoadStopped()),
  };
}

function scriptError({ name, message }: { readonly name: string; readonly message: string }): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
