// oxlint-disable-next-line typescript/triple-slash-reference -- a plan is checked with its owner's configuration, which does not see the file
/// <reference path="./snappyjs.d.ts" />
import { setTimeout as delay } from "node:timers/promises";
import type { LoadReport } from "@muster/contract";
import { MusterError, type Secret } from "@muster/kernel";
import snappy from "snappyjs";
import { remoteSamples, writeRequest } from "./write-request.ts";

/** A Prometheus, or anything else that takes remote write 1.0. */
export interface RemoteWrite {
  /** May carry a user and a password. */
  readonly url: URL;
  /** The whole `Authorization` field, if it wants another one. */
  readonly authorization?: Secret | undefined;
  /** Labels of every series, such as which run it is. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface PushOptions {
  /** Tries in all; one unless given. */
  readonly tries?: number;
  readonly waitMs?: number;
}

/** Series in one request; receivers refuse what is too large. */
const SERIES_PER_REQUEST = 2_000;
const TIMEOUT_MS = 10_000;
const FIRST_WAIT_MS = 500;

/**
 * Sends the state of a run with the time to which it belongs. Counters go on counting, so a state that was not
 * delivered costs only its point in time.
 * @throws {MusterError} `load-remote-write` when it is not taken. Answers of 429 and 5xx are tried again, others not,
 *   as the protocol says.
 */
export async function pushReport(
  remote: RemoteWrite,
  report: LoadReport,
  atMs: number,
  { tries = 1, waitMs = FIRST_WAIT_MS }: PushOptions = {},
): Promise<void> {
  const samples = remoteSamples(report);
  for (let from = 0; from < samples.length; from += SERIES_PER_REQUEST) {
    const part = samples.slice(from, from + SERIES_PER_REQUEST);
    const body = snappy.compress(writeRequest(part, remote.labels, atMs));
    for (let attempt = 1; ; attempt += 1) {
      const failure = await send(remote, body);
      if (failure === undefined) break;
      if (!failure.again || attempt >= tries) {
        throw new MusterError("load-remote-write", `${remote.url.origin}${remote.url.pathname}: ${failure.reason}`);
      }
      await delay(waitMs * 2 ** (attempt - 1));
    }
  }
}

async function send(remote: RemoteWrite, body: Uint8Array): Promise<{ again: boolean; reason: string } | undefined> {
  const { url, authorization } = addressOf(remote);
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        "content-type": "application/x-protobuf",
        "content-encoding": "snappy",
        "x-prometheus-remote-write-version": "0.1.0",
        "user-agent": "muster-load",
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: new Uint8Array(body),
    });
  } catch (error) {
    const { message, cause } = error as Error;
    return { again: true, reason: cause instanceof Error ? cause.message : message };
  }
  const said = (await response.text().catch(() => "")).trim().slice(0, 300);
  if (response.ok) return undefined;
  const again = response.status === 429 || response.status >= 500;
  return { again, reason: `answered ${response.status}${said === "" ? "" : `: ${said}`}` };
}

/** The address without its credentials, and the field into which they go. */
function addressOf({ url, authorization }: RemoteWrite): { url: URL; authorization: string | undefined } {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  if (authorization !== undefined) return { url: bare, authorization: authorization.reveal() };
  if (url.username === "") return { url: bare, authorization: undefined };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { url: bare, authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}
