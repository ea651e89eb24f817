import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { MusterError, type Secret } from "@muster/kernel";
import { WebSocket } from "ws";
import { startWorkerThread, type WorkerThread } from "../run/worker-thread.ts";
import { encodeSnapshot } from "./codec.ts";
import { checkToken, newChallenge, planHash, proofOf, sameProof } from "./handshake.ts";
import { type FromAgent, parseMessage, type ToAgent } from "./messages.ts";

export interface AgentOptions {
  /** The agent's own copy of the plan. No code ever comes over the network. */
  readonly planFile: string;
  /** `ws://host:port` or `wss://…` of the coordinator. */
  readonly coordinator: URL;
  readonly token: Secret;
  readonly name?: string;
  readonly onOutput?: (line: string) => void;
}

/**
 * Joins a run as one of its generators and stays until it ends.
 * @throws {MusterError} `load-agent` when the coordinator cannot be reached, refuses the agent, does not know the
 *   token itself, or goes away.
 */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const token = checkToken(options.token);
  const hash = planHash(await readFile(options.planFile));
  const socket = new WebSocket(options.coordinator);
  const say = (message: FromAgent): void => socket.send(JSON.stringify(message));
  const over = Promise.withResolvers<void>();
  const fail = (reason: string): void => over.reject(new MusterError("load-agent", reason));
  const own = newChallenge();
  let theirs = "";
  let thread: WorkerThread | undefined;

  async function begin(segment: { readonly index: number; readonly count: number }): Promise<void> {
    thread = startWorkerThread({
      planFile: options.planFile,
      segment,
      onOutput: options.onOutput ?? (() => {}),
      onSnapshot: (snapshot) => say({ type: "snapshot", snapshot: encodeSnapshot(snapshot) }),
    });
    await thread.ready;
    say({ type: "ready" });
    const loss = await thread.finished;
    say(loss === undefined ? { type: "finished" } : { type: "failed", message: loss });
    over.resolve();
  }

  function obey(message: ToAgent): void {
    switch (message.type) {
      case "challenge":
        theirs = message.challenge;
        say({
          type: "hello",
          name: options.name ?? hostname(),
          challenge: own,
          planHash: hash,
          proof: proofOf("agent", token, theirs, own, hash),
        });
        break;
      case "welcome":
        if (!sameProof(proofOf("coordinator", token, theirs, own, hash), message.proof)) {
          fail("the coordinator does not know the token");
          break;
        }
        begin(message.segment).catch((error: Error) => {
          say({ type: "failed", message: error.message });
          fail(error.message);
        });
        break;
      case "refused":
        fail(message.reason);
        break;
      case "start":
        setTimeout(() => thread?.start(message.shared ?? undefined), message.inMs);
        break;
      case "command":
        thread?.command(message.command);
        break;
    }
  }

  socket.on("message", (data) => {
    try {
      obey(parseMessage(data) as ToAgent);
    } catch (error) {
      fail(`the coordinator said something that is no message: ${(error as Error).message}`);
    }
  });
  socket.on("error", (error) => fail(`the coordinator cannot be reached: ${error.message}`));
  socket.on("close", () => fail("the coordinator went away"));
  const abort = (): void => fail("it was stopped by hand");
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    await over.promise;
  } finally {
    signal.removeEventListener("abort", abort);
    thread?.close();
    socket.close();
  }
}
