import { MusterError } from "@muster/kernel";
import type { Io } from "../output/io.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { CONTROL_FIELD } from "./control-server.ts";

/** Sends a command to a run that was started with --control. */
export async function sendCommand(
  address: URL,
  command: string,
  percent: number | undefined,
  io: Io,
): Promise<ExitCode> {
  if ((command === "scale") !== (percent !== undefined)) {
    throw new MusterError("usage", "scale needs --percent, and nothing else takes it");
  }
  const url = new URL(command, address);
  if (percent !== undefined) url.searchParams.set("factor", String(percent / 100));
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers: { [CONTROL_FIELD]: "1" } });
  } catch (error) {
    throw new MusterError("load-control", `nobody answers at ${address.href}`, { cause: error });
  }
  const body = (await response.json()) as { error?: string };
  if (!response.ok) throw new MusterError("load-control", body.error ?? `the run answered ${response.status}`);
  io.out(`DONE: ${command}${percent === undefined ? "" : ` to ${percent} %`}\n`);
  return EXIT.good;
}
