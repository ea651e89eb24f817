import type { Role } from "@muster/kernel";

/** One route of the model platform that Muster forwards. What is not listed is not forwarded. */
export interface ForwardedRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** On the platform, with `:parameters`. */
  readonly path: string;
  readonly summary: string;
  /** The least role on Muster. */
  readonly role: Role;
  /** Parameters of the query that are passed on; others are refused. */
  readonly query?: readonly string[];
  /** Bytes of a body at most. */
  readonly maxBody?: number;
  /** Milliseconds until the whole answer must have been passed on. */
  readonly within?: number;
  /** Name under which a success is written to Muster's audit log, since the platform only sees Muster's key. */
  readonly audited?: string;
  /** The one status that means that something changed, where a success may also be a rehearsal. */
  readonly changedBy?: number;
}

const KIB = 1_024;
const MIB = 1_024 * KIB;
const MINUTE = 60_000;

const PAGE = ["offset", "limit"] as const;
const TRANSFER = { within: 10 * MINUTE } as const;

/**
 * What the console needs of a model platform. A viewer reads and tries predictions; whoever may answer an
 * alarm may also ask the data; only an operator changes anything.
 */
export const FORWARDED_ROUTES: readonly ForwardedRoute[] = [
  read("/v1/models", "Models"),
  read("/v1/models/:model/versions", "Versions of a model, newest first"),
  read("/v1/models/:model/activity", "What a model did lately", ["minutes"]),
  read("/v1/models/:model/aliases/:alias", "Which version an alias names"),
  read("/v1/models/:model/aliases/:alias/history", "Changes of an alias, newest first"),
  read("/v1/models/:model/traffic", "How callers are shared out"),
  read("/v1/models/:model/shadow", "How the challenger agrees with the champion"),
  read("/v1/models/:model/monitoring", "What is watched of a model"),
  read("/v1/models/:model/drift", "How far a model's world has moved, window by window", [
    "from",
    "before",
    "column",
    "bins",
    "limit",
  ]),
  read("/v1/models/:model/accuracy", "How good predictions turned out to be", ["from", "before", "limit"]),
  read("/v1/alarms", "Alarms of models, newest first", ["model", "state", "after", "limit"]),
  read("/v1/cache", "How well answers are remembered"),
  read("/v1/cache/keys", "Keys of remembered answers", ["pattern"]),
  read("/v1/datasets", "Datasets"),
  read("/v1/datasets/:dataset/versions", "Versions of a dataset, newest first"),
  {
    ...read("/v1/datasets/:dataset/versions/:version/rejected", "Download rejected rows", ["format"]),
    ...TRANSFER,
  },
  { ...read("/v1/datasets/:dataset/versions/:version/rows", "Download rows", ["format"]), ...TRANSFER },
  {
    method: "POST",
    path: "/v2/models/:model/versions/:version/infer",
    summary: "Try a prediction",
    role: "viewer",
    maxBody: 4 * MIB,
    within: MINUTE,
  },
  read("/v1/jobs", "Batch jobs, newest first", ["state", "model", "dataset", "offset", "limit"]),
  { ...read("/v1/jobs/:job/result", "Download the result of a job"), ...TRANSFER },
  {
    ...change("POST", "/v1/jobs", "Predict every row of a data set, or only say how", "models.job-submitted"),
    changedBy: 201,
  },
  change("POST", "/v1/jobs/:job/cancel", "Cancel a job", "models.job-cancelled"),
  change("DELETE", "/v1/jobs/:job", "Delete a job and its result", "models.job-deleted"),
  {
    method: "POST",
    path: "/v1/queries",
    summary: "Ask the data in SQL",
    role: "responder",
    maxBody: 256 * KIB,
    within: 2 * MINUTE,
  },
  { ...read("/v1/queries/:query", "A page of a result", PAGE), role: "responder" },
  { ...read("/v1/queries/:query/export", "Download a result", ["format"]), role: "responder", ...TRANSFER },
  {
    method: "POST",
    path: "/v1/drift",
    summary: "How far columns moved from a reference",
    role: "responder",
    maxBody: 256 * KIB,
    within: 2 * MINUTE,
  },
  change("PUT", "/v1/models/:model/aliases/:alias", "Let an alias name a version", "models.alias-set"),
  change(
    "POST",
    "/v1/models/:model/aliases/:alias/rollback",
    "Let an alias name what it did before",
    "models.rollback",
  ),
  change("PUT", "/v1/models/:model/monitoring", "Say what is watched of a model", "models.monitoring-set"),
  {
    ...change("POST", "/v1/alarms/:alarm/acknowledge", "Say that somebody has seen an alarm", "models.alarm-seen"),
    role: "responder",
  },
  {
    ...change("POST", "/v1/models/:model/versions", "Add a version of a model", "models.version-added"),
    maxBody: 512 * MIB,
    ...TRANSFER,
  },
  change("PUT", "/v1/models/:model/traffic", "Share callers out", "models.traffic-set"),
  {
    ...change("DELETE", "/v1/cache/keys", "Forget remembered answers", "models.cache-cleared"),
    query: ["key", "tag", "pattern"],
  },
  {
    ...change("POST", "/v1/datasets/:dataset/uploads", "Send a file", "models.data-uploaded"),
    query: ["format", "encoding", "delimiter", "quote", "header", "skip"],
    maxBody: 2_048 * MIB,
    ...TRANSFER,
  },
  {
    ...change("POST", "/v1/datasets/:dataset/versions", "Make a version of an upload", "models.data-version-made"),
    maxBody: 1 * MIB,
    within: 3 * MINUTE,
  },
  change("DELETE", "/v1/datasets/:dataset/versions/:version", "Delete a version", "models.data-version-deleted"),
];

function read(path: string, summary: string, query: readonly string[] = []): ForwardedRoute {
  return { method: "GET", path, summary, role: "viewer", query };
}

function change(method: "POST" | "PUT" | "DELETE", path: string, summary: string, audited: string): ForwardedRoute {
  return { method, path, summary, role: "operator", audited, maxBody: 64 * KIB, within: MINUTE };
}
