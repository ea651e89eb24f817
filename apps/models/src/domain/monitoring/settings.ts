import { DURATION_PATTERN, durationMs, type Instant, MusterError, type Problem } from "@muster/kernel";
import { type Static, Type } from "typebox";

/** What the true values of a model are compared with, and how. */
export const TruthSettingsSchema = Type.Object(
  {
    output: Type.String({ minLength: 1, maxLength: 200, description: "Column of the predictions" }),
    kind: Type.Enum(["class", "probability", "number"], {
      description: "Which figures are reckoned: accuracy and F1; AUC and log-loss; MAE and RMSE",
    }),
    threshold: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: "From which probability on it says yes; 0.5 when absent" }),
    ),
  },
  { additionalProperties: false },
);
export type TruthSettings = Static<typeof TruthSettingsSchema>;

const bound = { minimum: 0, maximum: 100 } as const;

/** What is watched of a model. Everything has a default; nothing is recorded before a share is set. */
export const settingsMembers = {
  samplePercent: Type.Number({ ...bound, description: "Predictions of a hundred that are recorded" }),
  exclude: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
    maxItems: 1_000,
    description: "Columns of inputs or predictions that are never recorded",
  }),
  retentionDays: Type.Integer({ minimum: 1, maximum: 400, description: "Days after which records are deleted" }),
  window: Type.String({ pattern: DURATION_PATTERN, description: "From 1s to 31d; windows start at whole multiples" }),
  minimumRows: Type.Integer({ minimum: 10, maximum: 1_000_000, description: "With fewer rows the verdict is unknown" }),
  warnPsi: Type.Number({ ...bound, description: "Population stability index from which a column has moved" }),
  alarmPsi: Type.Number({ ...bound, description: "The same from which an alarm is raised" }),
} as const;

export interface ReferenceSet {
  readonly dataset: string;
  readonly version: number;
}

/** How a model is watched. */
export interface MonitoringSettings {
  readonly samplePercent: number;
  readonly exclude: readonly string[];
  readonly retentionDays: number;
  readonly window: string;
  readonly minimumRows: number;
  readonly warnPsi: number;
  readonly alarmPsi: number;
  /** What windows are compared with; without it they are `unknown`. */
  readonly reference: ReferenceSet | null;
  /** Absent where no output is fit for it. */
  readonly truth: TruthSettings | null;
}

/** Settings as they hold, and the revision that a change is compared with. */
export interface MonitoringRecord extends MonitoringSettings {
  readonly model: string;
  readonly revision: number;
  readonly changedAt: Instant;
  readonly changedBy: string;
}

/** What holds where nothing was said. */
export const DEFAULT_SETTINGS: MonitoringSettings = {
  samplePercent: 0,
  exclude: [],
  retentionDays: 30,
  window: "1h",
  minimumRows: 200,
  warnPsi: 0.1,
  alarmPsi: 0.25,
  reference: null,
  truth: null,
};

const SHORTEST_MS = 1_000;
const LONGEST_MS = 31 * 86_400_000;

/** @throws {MusterError} `invalid-request` naming every member that does not hold. */
export function checkSettings(settings: MonitoringSettings): void {
  const problems: Problem[] = [];
  const window = durationMs(settings.window);
  if (window < SHORTEST_MS || window > LONGEST_MS) {
    problems.push({ path: "window", message: `must be from 1s to 31d, not ${settings.window}` });
  }
  if (settings.alarmPsi < settings.warnPsi) {
    problems.push({ path: "alarmPsi", message: `must be at least warnPsi, which is ${settings.warnPsi}` });
  }
  if (problems.length > 0) throw new MusterError("invalid-request", "the settings do not hold", { problems });
}
