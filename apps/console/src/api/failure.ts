import type { ProblemAnswer } from "@muster/contract";

/** Why a request did not give what was asked for, in words for the person who asked. */
export class Failure extends Error {
  override readonly name = "Failure";
  /** A code of Muster's catalogue, or `unreachable` when nothing answered. */
  readonly code: string;
  /** HTTP status; 0 when nothing answered. */
  readonly status: number;
  readonly title: string;
  readonly fix: string;
  readonly requestId: string | undefined;
  readonly problems: ProblemAnswer["problems"];

  constructor(description: {
    code: string;
    status: number;
    title: string;
    detail: string;
    fix: string;
    requestId?: string;
    problems?: ProblemAnswer["problems"];
  }) {
    super(description.detail);
    this.code = description.code;
    this.status = description.status;
    this.title = description.title;
    this.fix = description.fix;
    this.requestId = description.requestId;
    this.problems = description.problems ?? [];
  }
}

/** Nothing answered: the server is away, or the way to it is. */
export function unreachable(): Failure {
  return new Failure({
    code: "unreachable",
    status: 0,
    title: "Muster does not answer",
    detail: "The request got no answer. What is shown is the last that was known.",
    fix: "Check that Muster still runs and that this machine can reach it. The page tries again by itself.",
  });
}

/** An answer that says what went wrong, or something in between that answered in Muster's place. */
export function failureOf(status: number, body: unknown): Failure {
  if (isProblem(body)) return new Failure({ ...body, detail: body.detail });
  return new Failure({
    code: "unexpected-answer",
    status,
    title: "The answer was not Muster's",
    detail: `The request was answered with status ${status} and no explanation.`,
    fix: "Check what stands between this browser and Muster, such as a proxy, and look at its log.",
  });
}

/** Any thrown value as a failure that can be shown. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure({
    code: "console",
    status: 0,
    title: "The console itself failed",
    detail: error instanceof Error ? error.message : String(error),
    fix: "Load the page again; if it stays, report it with what you did.",
  });
}

function isProblem(body: unknown): body is ProblemAnswer {
  return (
    typeof body === "object" &&
    body !== null &&
    ["title", "detail", "code", "fix", "requestId"].every((name) => typeof Reflect.get(body, name) === "string")
  );
}
