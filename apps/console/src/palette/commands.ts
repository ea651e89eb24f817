import type { CheckDescription } from "@muster/contract";
import type { AssessedControl } from "@muster/kernel";
import type { EvidenceFilters } from "../evidence/filters.ts";
import { filterCommand, shellWord } from "../evidence/filters.ts";
import type { ModelSearch, ModelsSearch } from "../models/search.ts";
import { type Theme, THEMES } from "../theme/theme.ts";

/** Something that can be gone to or done from the palette. */
export interface PaletteCommand {
  readonly id: string;
  readonly group: "Go to" | "Do" | "Model" | "Control" | "Check";
  readonly title: string;
  /** The command line that does the same, where there is one. */
  readonly command?: string;
  readonly keys?: readonly string[];
  run(): void;
}

/** What the commands do, given by the shell. */
export interface PaletteActs {
  goReadiness(control?: string): void;
  goModels(search: ModelsSearch): void;
  goModel(model: string, search: ModelSearch): void;
  goEvidence(filters: EvidenceFilters): void;
  goRecord(seq: number): void;
  goLoad(): void;
  verify(): void;
  run(): void;
  setTheme(theme: Theme): void;
  showHelp(): void;
  signOut(): void;
}

/** The command that judges a gate anew. */
export function runCommand(gate: string | undefined): string {
  return gate === undefined ? "muster run" : `muster run --gate ${shellWord(gate)}`;
}

export const VERIFY_COMMAND = "muster evidence verify";

/** Every command for what is known: pages and acts, then controls and checks by name. */
export function buildCommands({
  checks,
  controls,
  gate,
  models = [],
  mayRun,
  acts,
}: {
  readonly checks: readonly CheckDescription[];
  readonly controls: readonly AssessedControl[];
  /** The gate that a run decides, where it is known. */
  readonly gate?: string | undefined;
  /** Names of models, as far as they are known. */
  readonly models?: readonly string[];
  readonly mayRun: boolean;
  readonly acts: PaletteActs;
}): readonly PaletteCommand[] {
  const list = (id: string, title: string, filters: EvidenceFilters): PaletteCommand => ({
    id,
    group: "Go to",
    title,
    command: filterCommand(filters),
    run: () => acts.goEvidence(filters),
  });
  return [
    { id: "readiness", group: "Go to", title: "Readiness", keys: ["g", "r"], run: () => acts.goReadiness() },
    { id: "models", group: "Go to", title: "Models", keys: ["g", "m"], run: () => acts.goModels({}) },
    { id: "models-data", group: "Go to", title: "Data sets", run: () => acts.goModels({ view: "data" }) },
    { id: "models-sql", group: "Go to", title: "Ask the data in SQL", run: () => acts.goModels({ view: "sql" }) },
    { id: "models-jobs", group: "Go to", title: "Batch jobs", run: () => acts.goModels({ view: "jobs" }) },
    { id: "models-cache", group: "Go to", title: "Remembered answers", run: () => acts.goModels({ view: "cache" }) },
    { ...list("evidence", "Evidence", {}), keys: ["g", "e"] },
    { id: "load", group: "Go to", title: "Load & Drills", keys: ["g", "l"], run: () => acts.goLoad() },
    list("failures", "Evidence of failures", { kind: "judgement", outcome: "fail" }),
    list("unknowns", "Evidence of what could not be judged", { kind: "judgement", outcome: "unknown" }),
    list("waivers", "Waivers", { kind: "waiver" }),
    list("runs", "Runs", { kind: "run" }),
    ...(mayRun
      ? [
          {
            id: "run",
            group: "Do",
            title: "Run again",
            command: runCommand(gate),
            run: acts.run,
          } satisfies PaletteCommand,
        ]
      : []),
    { id: "verify", group: "Do", title: "Verify the chain", command: VERIFY_COMMAND, run: acts.verify },
    ...THEMES.map((theme): PaletteCommand => ({
      id: `theme-${theme}`,
      group: "Do",
      title: theme === "system" ? "Theme as the system" : `Theme ${theme}`,
      run: () => acts.setTheme(theme),
    })),
    { id: "help", group: "Do", title: "Keyboard help", keys: ["?"], run: acts.showHelp },
    { id: "sign-out", group: "Do", title: "Sign out", run: acts.signOut },
    ...models.flatMap((model): readonly PaletteCommand[] => [
      { id: `model-${model}`, group: "Model", title: model, run: () => acts.goModel(model, {}) },
      { id: `try-${model}`, group: "Model", title: `Try ${model}`, run: () => acts.goModel(model, { tab: "try" }) },
    ]),
    ...controls.map(({ control, status }): PaletteCommand => ({
      id: `control-${control.id}`,
      group: "Control",
      title: `${control.title} (${status})`,
      run: () => acts.goReadiness(control.id),
    })),
    ...checks.map((check): PaletteCommand => ({
      id: `check-${check.id}`,
      group: "Check",
      title: check.title,
      command: filterCommand({ check: check.id }),
      run: () => acts.goEvidence({ check: check.id }),
    })),
  ];
}

/** The record that a query names by its number, as `118` or `#118`. */
export function recordCommand(query: string, acts: Pick<PaletteActs, "goRecord">): PaletteCommand | undefined {
  const seq = Number(/^\s*#?([1-9][0-9]{0,14})\s*$/.exec(query)?.[1] ?? Number.NaN);
  if (Number.isNaN(seq)) return undefined;
  return {
    id: "record",
    group: "Go to",
    title: `Record #${seq}`,
    command: `muster evidence show ${seq}`,
    run: () => acts.goRecord(seq),
  };
}
