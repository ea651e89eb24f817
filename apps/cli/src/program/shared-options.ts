/** Options that mean the same wherever they occur. */
export const CONFIG_OPTION = {
  kind: "text",
  value: "FILE",
  hint: "file",
  summary: "Configuration to use; otherwise muster.config.ts here or in a folder above",
} as const;

export const DATA_OPTION = {
  kind: "text",
  value: "FOLDER",
  hint: "folder",
  summary: "Folder of Muster's own data; otherwise .muster beside the configuration",
} as const;

export const JSON_OPTION = { kind: "flag", summary: "Print one JSON envelope instead of text" } as const;

export const GATE_OPTION = {
  kind: "text",
  value: "NAME",
  summary: "Gate to decide; otherwise the first one of the configuration",
} as const;
