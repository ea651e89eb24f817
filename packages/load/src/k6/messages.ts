import type { MessagePort } from "node:worker_threads";
import type { Json } from "@muster/kernel";
import type { MetricKind } from "./thresholds.ts";

/** Arrays that the virtual users of a thread share: elements as JSON one after the other, and where each begins. */
export interface SharedArrayData {
  readonly text: SharedArrayBuffer;
  readonly offsets: SharedArrayBuffer;
}

/** What the thread of a virtual user is started with. */
export interface VuStart {
  readonly script: string;
  readonly vu: number;
  readonly port: MessagePort;
  /** One number, on which the thread waits for answers. */
  readonly flag: SharedArrayBuffer;
  /** Sources of the thread itself by their addresses; it begins with the first. */
  readonly modules: Readonly<Record<string, string>>;
  /** Arrays of a thread that was there before; without them the script makes its own. */
  readonly arrays: Readonly<Record<string, SharedArrayData>> | undefined;
}

/** A file of a form. */
export interface K6File {
  readonly data: string | Uint8Array;
  readonly filename: string;
  readonly contentType: string;
}

/** A request that a script makes. */
export interface K6Request {
  readonly method: string;
  readonly url: string;
  readonly body: string | Uint8Array | Readonly<Record<string, string | K6File>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly name: string | undefined;
  /** Groups that the script is in, each followed by ` / `. */
  readonly prefix: string;
  readonly timeoutMs: number | undefined;
  readonly redirects: number | undefined;
  /** `default` is text unless the options say that bodies are discarded. */
  readonly body_type: "default" | "text" | "binary" | "none";
}

/** An answer, for a script. */
export interface K6Answer {
  readonly status: number;
  readonly url: string;
  readonly fields: readonly (readonly [name: string, values: readonly string[]])[];
  readonly body: string | Uint8Array | null;
  readonly durationMs: number;
  readonly failure: { readonly kind: string; readonly reason: string } | undefined;
}

/** What a script reports on the way; nobody waits for it. */
export type VuEvent =
  | { readonly type: "check"; readonly name: string; readonly passed: boolean }
  | { readonly type: "group"; readonly name: string; readonly ms: number }
  | { readonly type: "metric"; readonly kind: MetricKind; readonly name: string; readonly value: number };

/** What a script waits for. */
export type VuCall =
  | { readonly type: "http"; readonly requests: readonly K6Request[] }
  | { readonly type: "sleep"; readonly ms: number };

export type VuReply =
  | { readonly type: "answers"; readonly answers: readonly K6Answer[] }
  | { readonly type: "slept" }
  | { readonly type: "refused"; readonly message: string };

/** What the thread of a virtual user says. */
export type FromVu =
  | {
      readonly type: "ready";
      readonly options: Json | undefined;
      readonly functions: readonly string[];
      readonly metrics: Readonly<Record<string, MetricKind>>;
      readonly arrays: Readonly<Record<string, SharedArrayData>>;
      /** Origins that its text, and the environment that it reads, name. */
      readonly origins: readonly string[];
    }
  | { readonly type: "call"; readonly events: readonly VuEvent[]; readonly call: VuCall }
  | {
      readonly type: "done";
      readonly events: readonly VuEvent[];
      readonly result: Json | undefined;
      /** What the function threw, as name and message. */
      readonly error: { readonly name: string; readonly message: string } | undefined;
    }
  | { readonly type: "failed"; readonly message: string };

/** Has a function of the script called once. */
export interface VuRun {
  readonly type: "run";
  readonly exec: string;
  readonly iteration: number;
  readonly data: Json | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}
