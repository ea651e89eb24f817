import type { Command } from "../program/command.ts";
import { check } from "./check.ts";
import { completionCommand } from "./completion.ts";
import { evidenceExport, evidenceList, evidenceShow, evidenceVerify } from "./evidence.ts";
import { helpCommand } from "./help.ts";
import { init } from "./init.ts";
import { link } from "./link.ts";
import { LOAD_COMMANDS } from "./load.ts";
import { readiness } from "./readiness.ts";
import { run } from "./run.ts";
import { up } from "./up.ts";
import { version } from "./version.ts";
import { waive } from "./waive.ts";

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  init,
  up,
  run,
  check,
  readiness,
  waive,
  evidenceList,
  evidenceShow,
  evidenceVerify,
  evidenceExport,
  ...LOAD_COMMANDS,
  link,
  helpCommand(() => COMMANDS),
  completionCommand(() => COMMANDS),
  version,
];
