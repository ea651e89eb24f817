import type { Command } from "../program/command.ts";
import { check } from "./check.ts";
import { completionCommand } from "./completion.ts";
import { helpCommand } from "./help.ts";
import { up } from "./up.ts";
import { version } from "./version.ts";

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  up,
  check,
  helpCommand(() => COMMANDS),
  completionCommand(() => COMMANDS),
  version,
];
