import type { Command } from "../program/command.ts";
import { completionCommand } from "./completion.ts";
import { helpCommand } from "./help.ts";
import { version } from "./version.ts";

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [helpCommand(() => COMMANDS), completionCommand(() => COMMANDS), version];
