import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadConfiguration } from "@muster/adapters";
import { createCatalog, externalChecks } from "@muster/catalog";
import { MusterError } from "@muster/kernel";
import { type Io, paintFor } from "../output/io.ts";
import { shortPath } from "../output/path.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { addressProblem, type Answers, serviceName, titleOf } from "./answers.ts";
import { guess } from "./guess.ts";
import { configurationText } from "./template.ts";

/** What `muster init` was told; the rest is found out, or asked. */
export interface InitRequest {
  readonly name: string | undefined;
  readonly title: string | undefined;
  readonly owner: string | undefined;
  readonly url: string | undefined;
  readonly yes: boolean;
  readonly force: boolean;
}

/** Writes a configuration for the service of this folder. */
export async function runInit(request: InitRequest, io: Io): Promise<ExitCode> {
  const file = join(io.cwd, "muster.config.ts");
  if (existsSync(file) && !request.force) {
    throw new MusterError("usage", `${file} exists; --force writes over it`);
  }
  const answers = await answersFor(request, io);
  const catalog = createCatalog({ load: () => Promise.reject(new Error("writing a configuration runs no load")) });
  const fitting = externalChecks(answers.url).flatMap((id) => catalog.checks.get(id) ?? []);
  await writeFile(file, configurationText(answers, fitting));
  // What was written is loaded at once: a file that does not hold would be a fault here, not with the user.
  await loadConfiguration(file, catalog);
  const paint = paintFor(io.outIsTerminal, io.env);
  io.out(
    `${paint(["good", "strong"], "WRITTEN")}: ${shortPath(file, io.cwd)} for ${answers.name} at ${answers.url.href}\n`,
  );
  io.out("Read it, change what is wrong, then run `muster up`.\n");
  return EXIT.good;
}

async function answersFor(request: InitRequest, io: Io): Promise<Answers> {
  if (request.url !== undefined) {
    const problem = addressProblem(request.url);
    if (problem !== undefined) throw new MusterError("usage", `--url ${problem}, not "${request.url}"`);
  }
  const guessed = await guess(io.cwd);
  const unknown = {
    url: request.url === undefined && !guessed.urlIsFound ? guessed.url : undefined,
    owner: request.owner === undefined ? guessed.owner : undefined,
  };
  const open = Object.values(unknown).some((each) => each !== undefined);
  let asked: { readonly owner: string | undefined; readonly url: string | undefined } = unknown;
  if (open && !request.yes) {
    if (!io.canAsk) {
      const flags = Object.entries(unknown).flatMap(([name, value]) =>
        value === undefined ? [] : [`--${name} (perhaps ${value})`],
      );
      throw new MusterError("needs-answer", `give ${flags.join(" and ")}, or --yes to take what was found`);
    }
    asked = await (await import("./ask.ts")).ask(unknown);
  }
  const name = serviceName(request.name ?? guessed.name);
  return {
    name,
    title: request.title ?? titleOf(name),
    owner: request.owner ?? asked.owner ?? guessed.owner,
    url: new URL(request.url ?? asked.url ?? guessed.url),
  };
}
