import type { ProblemAnswer } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { runningConsole } from "../local/console-address.ts";
import { signInToken } from "../local/sign-in-token.ts";
import type { Io } from "../output/io.ts";

/** A signed-in session with the server that runs on a data folder. */
export interface ServerSession extends AsyncDisposable {
  /** @throws {MusterError} what the server answers when it refuses. */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

/**
 * Signs in to the running server. Whoever can read Muster's data may sign in, so the command makes
 * itself a one-time link and uses it up at once.
 *
 * @throws {MusterError} `not-running` when no console answers for the data folder.
 */
export async function openServerSession(data: () => string, io: Io): Promise<ServerSession> {
  const base = await runningConsole(data());
  if (base === undefined) throw new MusterError("not-running", "no Muster answers for this data folder");
  const token = await signInToken(data, io);
  let cookie = "";
  const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(new URL(path, base), {
      method,
      headers: { cookie, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response;
    const problem = (await response.json()) as ProblemAnswer;
    throw new MusterError(problem.code, problem.detail, { problems: problem.problems });
  };
  const signedIn = await call("POST", "/api/v1/session", { token });
  cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  return {
    get: async <T>(path: string) => (await (await call("GET", path)).json()) as T,
    post: async <T>(path: string, body: unknown) => (await (await call("POST", path, body)).json()) as T,
    async [Symbol.asyncDispose]() {
      // A server that has stopped meanwhile has no session to end.
      await call("DELETE", "/api/v1/session").catch(() => undefined);
    },
  };
}
