import { type ChildProcess, fork } from "node:child_process";
import { MusterError } from "@muster/kernel";
import type { ModelRuntime, ModelSession } from "../../domain/model/runtime.ts";
import type { Signature } from "../../domain/model/signature.ts";
import type { Tensors } from "../../domain/tensor/tensor.ts";
import { errorOf, type ProcessReply, type ProcessRequest } from "./process-protocol.ts";

const PROGRAM = new URL("./model-process.ts", import.meta.url);

interface Running {
  resolve(outputs: Tensors): void;
  reject(error: Error): void;
}

export interface ProcessRuntimeOptions {
  /** Threads of one run. */
  readonly threads: number;
  /** Told of every process that is started. */
  onStart?(child: ChildProcess): void;
  /** Told of a process that ended without having been asked to, and how. */
  onDeath?(how: string): void;
  /** Milliseconds from any fixed point, never going back. */
  now?(): number;
}

/** A model that ends its process with every request must not keep the machine busy with starting it. */
const RESTART_AFTER_MS = 1_000;

/**
 * Serves each model in a process of its own, for models that compute so long that other callers would notice. A process
 * and not a thread, because what goes wrong in native code, or is killed for want of memory, takes the threads of a
 * process with it. What a process was computing when it died is refused with `overloaded`; the next run starts it
 * again, at most once a second.
 */
export function createProcessRuntime(options: ProcessRuntimeOptions): ModelRuntime {
  const now = options.now ?? (() => performance.now());
  return {
    async load(artefact) {
      let startedAt = now();
      let running = await startProcess(artefact, options);
      const { signature } = running;
      let closed = false;
      let restarting: Promise<ModelProcess> | undefined;

      async function restarted(): Promise<ModelProcess> {
        const time = now();
        if (restarting === undefined) {
          if (time - startedAt < RESTART_AFTER_MS) throw died();
          startedAt = time;
          restarting = startProcess(artefact, options).finally(() => {
            restarting = undefined;
          });
        }
        // Callers that come meanwhile wait for the same start.
        running = await restarting;
        return running;
      }

      return {
        signature,
        run(inputs) {
          if (closed)
            return Promise.reject(new MusterError("overloaded", "this version is being taken out of service"));
          // Sent at once, so that a close that comes after it stays after it.
          return running.isAlive() ? running.run(inputs) : restarted().then((fresh) => fresh.run(inputs));
        },
        async close() {
          closed = true;
          // One that is being started would be left behind. Why it cannot be started, its callers are told.
          await restarting?.catch(() => undefined);
          await running.close();
        },
      } satisfies ModelSession;
    },
  };
}

interface ModelProcess {
  readonly signature: Signature;
  isAlive(): boolean;
  run(inputs: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

function died(): MusterError {
  return new MusterError("overloaded", "the process of the model ended; it is being started again");
}

async function startProcess(
  artefact: Uint8Array,
  { threads, onStart, onDeath }: ProcessRuntimeOptions,
): Promise<ModelProcess> {
  const child = fork(PROGRAM, [String(threads)], {
    env: {},
    execArgv: [],
    serialization: "advanced",
    stdio: ["pipe", "ignore", "inherit", "ipc"],
  });
  onStart?.(child);
  const running = new Map<number, Running>();
  let next = 0;
  let alive = true;
  /** Whether the process may end. */
  let isDismissed = false;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });

  const signature = await new Promise<Signature>((resolve, reject) => {
    child.on("message", (message: ProcessReply) => {
      if ("ready" in message) return resolve(message.ready);
      if ("refused" in message) {
        isDismissed = true;
        child.disconnect();
        return reject(errorOf(message.refused));
      }
      const waiting = running.get(message.run);
      running.delete(message.run);
      if ("outputs" in message) waiting?.resolve(message.outputs);
      else waiting?.reject(errorOf(message.failure));
    });
    const end = (how: string): void => {
      if (!alive) return;
      alive = false;
      if (!isDismissed) onDeath?.(how);
      const error = died();
      for (const waiting of running.values()) waiting.reject(error);
      running.clear();
      reject(error);
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(signal ?? `exit ${code}`));
    // One that dies while it reads is told of by its exit.
    child.stdin?.on("error", () => undefined).end(artefact);
  });

  function send(request: ProcessRequest): void {
    // What cannot be sent is answered when the process has ended, which is why it cannot.
    child.send(request, () => undefined);
  }

  return {
    signature,
    isAlive: () => alive && child.connected,
    run(inputs) {
      return new Promise((resolve, reject) => {
        const run = next;
        next += 1;
        running.set(run, { resolve, reject });
        send({ run, inputs });
      });
    },
    async close() {
      isDismissed = true;
      if (!alive) return;
      if (child.connected) send({ close: true });
      await ended;
    },
  };
}
