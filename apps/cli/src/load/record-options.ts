import { DATA_OPTION } from "../program/shared-options.ts";

/** Options of every load command whose finding the console can show. */
export const RECORD_OPTIONS = {
  record: { kind: "flag", summary: "Keep it in Muster's database, so that the console shows it, live and later" },
  data: DATA_OPTION,
} as const;

/** What {@link RECORD_OPTIONS} came to. */
export interface RecordChoices {
  readonly record: boolean;
  readonly data: string | undefined;
}
