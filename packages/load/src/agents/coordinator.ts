import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { type Json, MusterError, type Secret } from "@muster/kernel";
import { type WebSocket, WebSocketServer } from "ws";
import type { ThreadSnapshot } from "../engine/thread-run.ts";
import type { Slice } from "../metrics/timeline.ts";
import type { LoadThread } from "../run/load-thread.ts";
import { joinSnapshot } from "../run/worker-thread.ts";
import { decodeSnapshot } from "./codec.ts";
import { checkToken, newChallenge, planHash, proofOf, sameProof } from "./handshake.ts";
import { type FromAgent, parseMessage, type ToAgent } from "./messages.ts";

/** An agent that says nothing for so many ms is lost. Agents speak every second. */
const SILENCE_MS = 5_000;
/** From the call to start to the start itself, in ms, so that the slowest agent has heard of it. */
const START_AFTER_MS = 500;
/** Whoever connects has so many ms to say who it is. */
const HELLO_WITHIN_MS = 5_000;
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export interface GatheringOptions {
  readonly planFile: string;
  readonly agents: number;
  readonly token: Secret;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** How long to wait for all agents, in ms. */
  readonly waitMs: number;
  readonly onJoined?: (name: string, joined: number) => void;
  readonly silenceMs?: number;
}

/** Agents that have joined and wait to start. */
export interface Gathering {
  readonly url: URL;
  /** Resolves when all have joined; rejects with `load-agent` when they do not come in time. */
  readonly complete: Promise<void>;
  start(shared: Json | undefined): readonly LoadThread[];
  close(): void;
}

/** Opens the door for agents. */
export async function gatherAgents(options: GatheringOptions): Promise<Gathering> {
  const token = checkToken(options.token);
  const hash = planHash(await readFile(options.planFile));
  const server = new WebSocketServer({ host: options.host, port: options.port, maxPayload: MAX_MESSAGE_BYTES });
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
  });
  const agents: RemoteThread[] = [];
  const complete = Promise.withResolvers<void>();
  // Whoever closes before it is complete need not look at it.
  complete.promise.catch(() => {});
  let ready = 0;
  const timer = setTimeout(() => {
    const reason = `${ready} of ${options.agents} agents joined within ${Math.round(options.waitMs / 1_000)} s`;
    complete.reject(new MusterError("load-agent", reason));
  }, options.waitMs);

  server.on("connection", (socket) => {
    const challenge = newChallenge();
    const say = (message: ToAgent): void => socket.send(JSON.stringify(message));
    const refuse = (reason: string): void => {
      say({ type: "refused", reason });
      socket.close();
    };
    socket.on("error", () => socket.terminate());
    const patience = setTimeout(() => socket.terminate(), HELLO_WITHIN_MS);
    socket.once("message", (data) => {
      clearTimeout(patience);
      let hello: FromAgent;
      try {
        hello = parseMessage(data) as FromAgent;
      } catch {
        socket.terminate();
        return;
      }
      if (hello.type !== "hello") {
        socket.terminate();
        return;
      }
      if (!sameProof(proofOf("agent", token, challenge, hello.challenge, hello.planHash), hello.proof)) {
        refuse("the agent does not know the token");
      } else if (hello.planHash !== hash) {
        refuse("the agent has another version of the plan");
      } else if (agents.length >= options.agents) {
        refuse("the run has all the agents that it needs");
      } else {
        const agent = new RemoteThread(hello.name, socket, options.silenceMs ?? SILENCE_MS, () => {
          ready += 1;
          options.onJoined?.(hello.name, ready);
          if (ready < options.agents) return;
          clearTimeout(timer);
          complete.resolve();
        });
        const segment = { index: agents.length, count: options.agents };
        agents.push(agent);
        void agent.finished.then((loss) => complete.reject(new MusterError("load-agent", loss ?? "an agent ended")));
        say({ type: "welcome", proof: proofOf("coordinator", token, challenge, hello.challenge, hash), segment });
      }
    });
    say({ type: "challenge", challenge });
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    url: new URL(`ws://${address.includes(":") ? `[${address}]` : address}:${port}`),
    complete: complete.promise,
    start(shared) {
      for (const agent of agents) agent.start(shared);
      return agents;
    },
    close() {
      clearTimeout(timer);
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

/** One agent, as a part of the run. */
class RemoteThread implements LoadThread {
  readonly name: string;
  readonly finished: Promise<string | undefined>;

  readonly #socket: WebSocket;
  readonly #silenceMs: number;
  readonly #onReady: () => void;
  readonly #resolve: (loss: string | undefined) => void;
  readonly #slices: Slice[] = [];
  #latest: ThreadSnapshot | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #pingedAt = 0;
  /** Time from here to there, in ms: half of the fastest ping. */
  #travelMs = Number.POSITIVE_INFINITY;
  #over = false;
  #vanished = false;

  constructor(name: string, socket: WebSocket, silenceMs: number, onReady: () => void) {
    this.name = name;
    this.#socket = socket;
    this.#silenceMs = silenceMs;
    this.#onReady = onReady;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.finished = promise;
    this.#resolve = resolve;
    socket.on("message", (data) => this.#hear(data));
    socket.on("pong", () => {
      this.#travelMs = Math.min(this.#travelMs, (performance.now() - this.#pingedAt) / 2);
    });
    socket.on("close", () => this.#vanish(`${name} was lost: its connection broke`));
  }

  get vanished(): boolean {
    return this.#vanished;
  }

  latest(): ThreadSnapshot | undefined {
    return this.#latest;
  }

  start(shared: Json | undefined): void {
    const travelMs = Number.isFinite(this.#travelMs) ? this.#travelMs : 0;
    this.#say({ type: "start", inMs: Math.max(0, START_AFTER_MS - travelMs), shared: shared ?? null });
    this.#listen();
  }

  command(command: Parameters<LoadThread["command"]>[0]): void {
    this.#say({ type: "command", command });
  }

  #say(message: ToAgent): void {
    if (!this.#over) this.#socket.send(JSON.stringify(message));
  }

  #listen(): void {
    clearTimeout(this.#watchdog);
    const seconds = this.#silenceMs / 1_000;
    this.#watchdog = setTimeout(
      () => this.#vanish(`${this.name} was lost: it said nothing for ${seconds} s`),
      this.#silenceMs,
    );
  }

  #hear(data: unknown): void {
    try {
      const message = parseMessage(data) as FromAgent;
      switch (message.type) {
        case "ready":
          this.#pingedAt = performance.now();
          this.#socket.ping();
          this.#onReady();
          break;
        case "snapshot":
          this.#listen();
          this.#latest = joinSnapshot(decodeSnapshot(message.snapshot), this.#slices);
          break;
        case "finished":
          this.#end(undefined);
          break;
        case "failed":
          this.#end(`${this.name}: ${message.message}`);
          break;
        case "hello":
          this.#end(`${this.name} was lost: it introduced itself twice`);
          break;
      }
    } catch (error) {
      this.#end(`${this.name} was lost: it said something that is no message (${(error as Error).message})`);
    }
  }

  #vanish(loss: string): void {
    this.#vanished = !this.#over;
    this.#end(loss);
  }

  #end(loss: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#watchdog);
    this.#socket.close();
    this.#resolve(loss);
  }
}
