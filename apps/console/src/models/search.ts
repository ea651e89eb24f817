/** Parts of the page Models, beside the models themselves. */
export const VIEWS = ["models", "data", "sql", "jobs", "cache"] as const;
export type ModelsView = (typeof VIEWS)[number];

/** Parts of the page of one model. */
export const TABS = ["overview", "try", "versions", "traffic", "drift"] as const;
export type ModelTab = (typeof TABS)[number];

/** What of the page Models stands in its address. */
export interface ModelsSearch {
  readonly environment?: string;
  readonly view?: Exclude<ModelsView, "models">;
  readonly dataset?: string;
  /** The question of the SQL box. */
  readonly sql?: string;
}

/** What of a model's page stands in its address. */
export interface ModelSearch {
  readonly environment?: string;
  readonly tab?: Exclude<ModelTab, "overview">;
  readonly version?: string;
}

/** A question longer than this is not put into the address. */
export const LONGEST_SQL_IN_ADDRESS = 1_500;

export function readModelsSearch(search: Record<string, unknown>): ModelsSearch {
  const view = VIEWS.find((each) => each === search["view"]);
  const dataset = word(search["dataset"]);
  const sql = typeof search["sql"] === "string" ? search["sql"].slice(0, LONGEST_SQL_IN_ADDRESS) : "";
  return {
    ...environmentIn(search),
    ...(view === undefined || view === "models" ? {} : { view }),
    ...(view === "data" && dataset !== undefined ? { dataset } : {}),
    ...(view === "sql" && sql !== "" ? { sql } : {}),
  };
}

export function readModelSearch(search: Record<string, unknown>): ModelSearch {
  const tab = TABS.find((each) => each === search["tab"]);
  const version = word(search["version"]);
  return {
    ...environmentIn(search),
    ...(tab === undefined || tab === "overview" ? {} : { tab }),
    ...(version === undefined ? {} : { version }),
  };
}

function environmentIn(search: Record<string, unknown>): { environment?: string } {
  const environment = word(search["environment"]);
  return environment === undefined ? {} : { environment };
}

/** A name or a number; whatever else stands in an address is not looked at. */
function word(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(value) ? value : undefined;
}
