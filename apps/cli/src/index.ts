export { COMMANDS } from "./commands/registry.ts";
export * from "./program/command.ts";
export { optionLabel, sentence, usageLine } from "./program/help.ts";
export { findCommand } from "./program/parse.ts";
