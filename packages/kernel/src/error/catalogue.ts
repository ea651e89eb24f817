/** Everything that can go wrong in a way that Muster can name. Codes are stable; scripts may rely on them. */
export interface ErrorEntry {
  readonly title: string;
  /** HTTP status of an API answer that carries it. */
  readonly status: number;
  /** Exit code of a command that ends with it: 1 judged bad, 2 usage, 3 could not judge, 4 needs an answer. */
  readonly exit: 1 | 2 | 3 | 4;
  readonly cause: string;
  readonly fix: string;
}

export const ERRORS = {
  usage: {
    title: "The command was not understood",
    status: 400,
    exit: 2,
    cause: "An unknown command, an unknown option, or an option without its value.",
    fix: "Run `muster help`, or `muster help <command>` for one command.",
  },
  "needs-answer": {
    title: "An answer is needed",
    status: 400,
    exit: 4,
    cause: "The command would ask a question, but there is no terminal to ask on.",
    fix: "Give the answer with the option that the message names.",
  },
  "config-missing": {
    title: "No configuration was found",
    status: 500,
    exit: 2,
    cause: "There is no muster.config.ts here or in a folder above.",
    fix: "Run `muster init`, or name the file with --config.",
  },
  "config-invalid": {
    title: "The configuration does not hold",
    status: 500,
    exit: 2,
    cause: "muster.config.ts could not be loaded, or has values that are not allowed.",
    fix: "Correct every place that is listed; each line gives the path and what is allowed there.",
  },
  "facts-invalid": {
    title: "The facts file cannot be read",
    status: 400,
    exit: 2,
    cause: "The file is not there, is not JSON, or is not in the format muster-facts/1.",
    fix: "Give a file that `muster check --save` or a run of `muster up` wrote.",
  },
  "target-invalid": {
    title: "The address cannot be checked",
    status: 400,
    exit: 2,
    cause: "It is not a complete http or https address.",
    fix: "Write it as https://host or http://host:port/path.",
  },
  "database-unreachable": {
    title: "PostgreSQL cannot be reached",
    status: 503,
    exit: 3,
    cause: "The server does not answer, refuses the login, or went away.",
    fix: "Check that it runs and that DATABASE_URL names it; without DATABASE_URL, read the log of the embedded server that the message names.",
  },
  "database-full": {
    title: "There is no room left to write",
    status: 507,
    exit: 3,
    cause: "The disk that holds the database or the reports is full.",
    fix: "Free space on the disk that the message names and start again; what was acknowledged is safe.",
  },
  "database-start": {
    title: "The embedded PostgreSQL did not start",
    status: 503,
    exit: 3,
    cause: "Its process ended at once; the last lines of its log say why.",
    fix: "Read the log that the message names, or set DATABASE_URL to use another server.",
  },
  "database-unsupported": {
    title: "There is no embedded PostgreSQL for this machine",
    status: 503,
    exit: 3,
    cause: "No binaries are published for this operating system and processor.",
    fix: "Set DATABASE_URL to a PostgreSQL 18 server.",
  },
  "database-version": {
    title: "This database and this Muster do not fit",
    status: 503,
    exit: 3,
    cause: "The server is older than PostgreSQL 15, or its schema was made by a newer Muster.",
    fix: "Use PostgreSQL 15 or newer and the newest Muster that has worked with this database.",
  },
  "already-running": {
    title: "Another Muster uses this data folder",
    status: 409,
    exit: 2,
    cause: "One data folder belongs to one running Muster.",
    fix: "Use the one that runs, stop it, or choose another folder with --data.",
  },
  "not-running": {
    title: "No Muster is running here",
    status: 503,
    exit: 2,
    cause: "Nothing answers at the address that the last `muster up` noted, or there is no such note.",
    fix: "Start it with `muster up`, or name the console's address with --url.",
  },
  "service-start": {
    title: "The service did not start",
    status: 503,
    exit: 3,
    cause: "Its process ended, or it was not ready in time.",
    fix: "Read the service's log that the message names.",
  },
  "platform-unreachable": {
    title: "The model platform does not answer",
    status: 503,
    exit: 3,
    cause: "Its process is starting or has ended, its address is wrong, or it took longer than Muster waits.",
    fix: "Try again in a moment; if it stays, read the platform's log and check its address in the configuration.",
  },
  "platform-refused": {
    title: "The model platform refuses Muster",
    status: 502,
    exit: 3,
    cause: "The key that Muster has for it is missing, expired or revoked, or allows less than this needs.",
    fix: "Make a key of an operator on the platform, and put it into the variable that `models.key` of the environment names.",
  },
  "nothing-judged": {
    title: "Nothing could be judged",
    status: 503,
    exit: 3,
    cause: "No fact could be collected, so every check is unknown.",
    fix: "Check that the address is right and answers from this machine.",
  },
  "no-evidence": {
    title: "There is no evidence yet",
    status: 404,
    exit: 3,
    cause: "Nothing was judged here, so there is no ledger to read.",
    fix: "Run `muster up`, or name the folder of an earlier run with --data.",
  },
  "chain-broken": {
    title: "The evidence does not verify",
    status: 500,
    exit: 1,
    cause: "A record was altered, dropped, reordered or inserted outside Muster.",
    fix: "Keep the ledger as it is, compare it with an export or a backup, and find out who could write to the database.",
  },
  "not-found": {
    title: "There is no such thing",
    status: 404,
    exit: 2,
    cause: "The address, the id or the number names nothing that exists.",
    fix: "List what there is and use a name from the list.",
  },
  "invalid-request": {
    title: "The request does not hold",
    status: 400,
    exit: 2,
    cause: "A value is missing, of the wrong kind, or out of range.",
    fix: "Correct the places that are listed.",
  },
  unauthenticated: {
    title: "Nobody is signed in",
    status: 401,
    exit: 2,
    cause: "There is no session, or it has ended.",
    fix: "Open a fresh sign-in link: `muster link` prints one.",
  },
  forbidden: {
    title: "Your role does not allow this",
    status: 403,
    exit: 2,
    cause: "The action needs a role that you do not have.",
    fix: "Ask an admin for the role that the message names.",
  },
  "link-used": {
    title: "The sign-in link is no longer good",
    status: 401,
    exit: 2,
    cause: "It was used already, or it is too old.",
    fix: "Print a fresh one with `muster link`.",
  },
  "load-not-allowed": {
    title: "This address may not be loaded",
    status: 403,
    exit: 2,
    cause: "Load goes only to the target of a plan and to origins that the plan allows by name.",
    fix: "Add the origin to the plan's `allow`, if you may put load on it.",
  },
  "load-plan-invalid": {
    title: "The load plan does not hold",
    status: 400,
    exit: 2,
    cause: "The file could not be loaded, does not export a plan, or has values that are not allowed.",
    fix: "Correct every place that is listed; `muster help load` shows a plan.",
  },
  "load-set-up": {
    title: "The set-up of the load plan failed",
    status: 502,
    exit: 3,
    cause: "The plan's own `setUp` threw: something that it needs is not there, or did not do what was asked.",
    fix: "See to what the message names; no load was put on anything.",
  },
  "load-output": {
    title: "A file of the load report could not be written",
    status: 507,
    exit: 3,
    cause: "The disk is full, or the folder is not there or not yours to write to.",
    fix: "Make room or choose another place; the report was printed before.",
  },
  "load-remote-write": {
    title: "The figures of the load could not be delivered",
    status: 502,
    exit: 3,
    cause: "The receiver of remote write is not there, does not know you, or did not take what was sent.",
    fix: "See that the address ends in /api/v1/write, that the receiver is told to take remote write, and the credentials; the report was printed before.",
  },
  "load-agent": {
    title: "The load agents did not come together",
    status: 503,
    exit: 3,
    cause:
      "An agent or its coordinator cannot be reached, has another token or another version of the plan, or went away.",
    fix: "Give both the same MUSTER_LOAD_TOKEN and the same plan, and let the agents reach the coordinator's address.",
  },
  "load-control": {
    title: "The load run cannot be steered",
    status: 409,
    exit: 3,
    cause: "The run has ended, was started without --control, refuses the command, or its port is taken.",
    fix: "Start it with `muster load run --control 0` and use the address that it prints.",
  },
  "load-import": {
    title: "The recording cannot be imported",
    status: 400,
    exit: 2,
    cause: "The file is not there, is not in the format that was named, or has no request that could be sent again.",
    fix: "Name the format of the file: har, curl or openapi; an access log is for `muster load replay`.",
  },
  "load-stopped": {
    title: "The load was stopped before there was a result",
    status: 409,
    exit: 3,
    cause: "Somebody ended it, or a signal did.",
    fix: "Start it again and let it finish.",
  },
  "load-report-invalid": {
    title: "The load report cannot be read",
    status: 400,
    exit: 2,
    cause: "The file is not there, is not JSON, or is not in the format muster-load/1.",
    fix: "Give a file that `muster load run --save` or `muster load bench --save` wrote.",
  },
  "run-active": {
    title: "A run is going on",
    status: 409,
    exit: 2,
    cause: "One environment is judged by one run at a time.",
    fix: "Wait until it ends.",
  },
  "too-many-requests": {
    title: "Too many requests",
    status: 429,
    exit: 3,
    cause:
      "This address or user asked more often than the endpoint allows, or all together more than the service can answer.",
    fix: "Wait for the seconds that Retry-After names.",
  },
  "quota-reached": {
    title: "Your share is used up",
    status: 429,
    exit: 2,
    cause: "One user may have only so many jobs that wait, run or are kept.",
    fix: "Wait until one has finished, or cancel or delete one.",
  },
  "too-large": {
    title: "The request is too large",
    status: 413,
    exit: 2,
    cause: "The body is longer than this endpoint takes.",
    fix: "Send less at once: fewer rows in a request, or a smaller file.",
  },
  "range-invalid": {
    title: "The part is not in the file",
    status: 416,
    exit: 2,
    cause: "The Range header asks for bytes beyond the end of the file.",
    fix: "Ask for bytes that it has; the Content-Range header names its length.",
  },
  "unsupported-media": {
    title: "The content type is not supported",
    status: 415,
    exit: 2,
    cause: "The Content-Type header is missing or names a format that this endpoint does not read.",
    fix: "Send the content type that the message names.",
  },
  "method-not-allowed": {
    title: "The method is not allowed here",
    status: 405,
    exit: 2,
    cause: "The address exists, but not for this method.",
    fix: "Use one of the methods that the Allow header names.",
  },
  "upgrade-needed": {
    title: "This address speaks WebSocket",
    status: 426,
    exit: 2,
    cause: "It was asked as plain HTTP.",
    fix: "Open a WebSocket, with ws:// or wss:// and the same headers.",
  },
  conflict: {
    title: "Something else stands against it",
    status: 409,
    exit: 2,
    cause: "The thing is in use, or another one with the same name exists.",
    fix: "Resolve what the message names, then try again.",
  },
  "changed-meanwhile": {
    title: "Somebody else changed it meanwhile",
    status: 412,
    exit: 2,
    cause: "The revision in the If-Match header is not the newest one.",
    fix: "Read it again, decide again, and send its newest ETag.",
  },
  "precondition-missing": {
    title: "The change needs a revision",
    status: 428,
    exit: 2,
    cause: "Without If-Match two people could overwrite each other without noticing.",
    fix: "Send If-Match with the ETag that was read last, or If-None-Match: * to create.",
  },
  "model-invalid": {
    title: "The model cannot be served",
    status: 422,
    exit: 3,
    cause:
      "The file is damaged, uses what the runtime does not know, or does not give the answers that its card promises.",
    fix: "Export the model again as ONNX, and check that its card belongs to that file.",
  },
  "data-invalid": {
    title: "The file cannot become a dataset",
    status: 422,
    exit: 3,
    cause: "It is damaged, in another format or encoding than was said, or not what its columns were said to be.",
    fix: "Correct what the message names: the file, its format or encoding, or the types of its columns.",
  },
  "query-refused": {
    title: "The query cannot be answered",
    status: 422,
    exit: 2,
    cause: "It is not one SELECT over the tables that were named, or its SQL does not hold.",
    fix: "Correct what the message names. Files, settings and other tables cannot be asked for.",
  },
  "data-limit": {
    title: "It needs more than it may use",
    status: 422,
    exit: 3,
    cause: "It took too long, or needed too much memory or room for its result, and was stopped.",
    fix: "Ask for less: fewer rows, a narrower condition, a LIMIT; or let the operator raise the limit.",
  },
  "storage-unreachable": {
    title: "The object storage cannot be used",
    status: 503,
    exit: 3,
    cause: "It does not answer, refuses the credentials, or has no such bucket.",
    fix: "Check the address, region and bucket of STORAGE_URL, and the credentials; try again when it answers.",
  },
  overloaded: {
    title: "Too much is waiting already",
    status: 503,
    exit: 3,
    cause: "Requests arrive faster than they can be answered.",
    fix: "Wait for the seconds that Retry-After names, or add capacity.",
  },
  interrupted: {
    title: "The command was interrupted",
    status: 503,
    exit: 3,
    cause: "It was told to stop before it was done.",
    fix: "Run it again.",
  },
  internal: {
    title: "Muster itself failed",
    status: 500,
    exit: 3,
    cause: "A fault in Muster, not in what it looks at.",
    fix: "Look up the request id in Muster's log, and report it.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** One place where a value was wrong, and what is allowed there. */
export interface Problem {
  /** Where: a path such as `environments.staging.url`, or the name of an option. */
  readonly path: string;
  readonly message: string;
}

/** A failure that Muster can name. The message says what happened here; the catalogue says the rest. */
export class MusterError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message: string, options: { problems?: readonly Problem[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "MusterError";
    this.code = code;
    this.problems = options.problems ?? [];
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }
}
