import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { MusterError } from "@muster/kernel";
import type { ModelRuntime, ModelSession } from "../../domain/model/runtime.ts";
import type { Signature } from "../../domain/model/signature.ts";
import type { Tensors } from "../../domain/tensor/tensor.ts";
import { errorOf, type ThreadReply, type ThreadRequest, type ThreadStart } from "./thread-protocol.ts";

const PROGRAM = new URL("./model-thread.ts", import.meta.url);

interface Running {
  resolve(outputs: Tensors): void;
  reject(error: Error): void;
}

/**
 * Serves each model on a thread of its own, for models that compute so long that other callers would
 * notice. A thread that dies is started again by the next run.
 */
export function createThreadRuntime(options: { readonly threads: number }): ModelRuntime {
  return {
    async load(artefact) {
      const start: ThreadStart = { artefact, threads: options.threads };
      let thread = await startThread(start);
      const { signature } = thread;
      let closed = false;
      let restarting: Promise<Thread> | undefined;

      async function restarted(): Promise<Thread> {
        // Callers that come meanwhile wait for the same start.
        restarting ??= startThread(start).finally(() => {
          restarting = undefined;
        });
        thread = await restarting;
        return thread;
      }

      return {
        signature,
        run(inputs) {
          if (closed)
            return Promise.reject(new MusterError("overloaded", "this version is being taken out of service"));
          // Sent at once, so that a close that comes after it stays after it.
          return thread.isAlive() ? thread.run(inputs) : restarted().then((fresh) => fresh.run(inputs));
        },
        async close() {
          closed = true;
          await thread.close();
        },
      } satisfies ModelSession;
    },
  };
}

interface Thread {
  readonly signature: Signature;
  isAlive(): boolean;
  run(inputs: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

async function startThread(start: ThreadStart): Promise<Thread> {
  const worker = new Worker(PROGRAM, { workerData: start, env: {} });
  const running = new Map<number, Running>();
  let next = 0;
  let alive = true;
  const ended = once(worker, "exit");

  const signature = await new Promise<Signature>((resolve, reject) => {
    worker.on("message", (message: ThreadReply) => {
      if ("ready" in message) return resolve(message.ready);
      if ("refused" in message) {
        void worker.terminate();
        return reject(errorOf(message.refused));
      }
      const waiting = running.get(message.run);
      running.delete(message.run);
      if ("outputs" in message) waiting?.resolve(message.outputs);
      else waiting?.reject(errorOf(message.failure));
    });
    const died = (): void => {
      alive = false;
      const error = new MusterError("overloaded", "the thread of the model ended; it is being started again");
      for (const waiting of running.values()) waiting.reject(error);
      running.clear();
      reject(error);
    };
    worker.once("error", died);
    worker.once("exit", died);
  });

  function send(request: ThreadRequest): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin; the rule means windows
    worker.postMessage(request);
  }

  return {
    signature,
    isAlive: () => alive,
    run(inputs) {
      return new Promise((resolve, reject) => {
        const run = next;
        next += 1;
        running.set(run, { resolve, reject });
        send({ run, inputs });
      });
    },
    async close() {
      if (!alive) return;
      send({ close: true });
      await ended;
    },
  };
}
