import type { LoadReport } from "@muster/contract";
import { MusterError, Secret } from "@muster/kernel";
import { pushReport, type RemoteWrite } from "@muster/load";
import type { Io } from "../output/io.ts";
import { followEvery, type LoadFollower } from "./load-follower.ts";
import type { ReportChoices } from "./report-options.ts";

/** How often the figures of a run under way are sent, in ms. */
const EVERY_MS = 5_000;

/** Where the figures go, without the labels that only the report knows. */
type Receiver = Omit<RemoteWrite, "labels">;

/**
 * Where the figures of a run are to be sent; undefined for nowhere.
 * @throws {MusterError} `usage` for what is no address.
 */
export function remoteWriteOf(
  { "remote-write": text }: Pick<ReportChoices, "remote-write">,
  io: Io,
): Receiver | undefined {
  if (text === undefined) return undefined;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new MusterError("usage", "--remote-write needs a complete http or https address");
  }
  const token = io.env["MUSTER_REMOTE_WRITE_TOKEN"];
  const authorization = token === undefined || token === "" ? undefined : new Secret(`Bearer ${token}`);
  return { url: new URL(text), authorization };
}

/** The receiver with the labels of a run: when it began tells it from others of the same plan. */
export function labelled(receiver: Receiver, { startedAt, target }: LoadReport): RemoteWrite {
  return { ...receiver, labels: { job: "muster_load", run: startedAt, target } };
}

/** Sends the state of a run again and again while it goes on. */
export function remoteWriter(receiver: Receiver, io: Io): LoadFollower {
  return followEvery(EVERY_MS, (report, now) => pushReport(labelled(receiver, report), report, now), io);
}
