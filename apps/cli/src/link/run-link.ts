import { signInPath } from "@muster/application";
import { MusterError } from "@muster/kernel";
import { printEnvelope } from "../output/envelope.ts";
import type { Io } from "../output/io.ts";
import { runningConsole } from "../local/console-address.ts";
import { signInToken } from "../local/sign-in-token.ts";
import { EXIT, type ExitCode } from "../program/command.ts";

/** What `muster link` was asked for. */
export interface LinkRequest {
  readonly data: () => string;
  readonly url: string | undefined;
  readonly json: boolean;
}

/** Makes a sign-in link. */
export async function runLink(request: LinkRequest, io: Io): Promise<ExitCode> {
  const base = request.url ?? (await runningConsole(request.data()));
  if (base === undefined) {
    throw new MusterError("not-running", "no console answers for this data folder");
  }
  if (!URL.canParse(base) || !/^https?:/.test(base)) {
    throw new MusterError("usage", `--url must be a complete http or https address, not "${base}"`);
  }
  const token = await signInToken(request.data, io);
  const link = new URL(signInPath(token), base).href;
  if (request.json) {
    printEnvelope(io, { command: "link", result: "good", verdict: "a sign-in link was made", data: { link } });
  } else {
    io.out(`${link}\n`);
    io.err("good once, within an hour\n");
  }
  return EXIT.good;
}
