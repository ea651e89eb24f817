import type { RunningService } from "./running-service.ts";

/** A password that is good enough for every test user. */
const TEST_PASSWORD = "petrel tarn quill mungo";

/** An answer of the service, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or undefined for an empty body. */
  readonly body: Record<string, unknown>;
}

export interface Call {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is a form. */
  readonly body?: unknown;
}

/** Calls the service as an application would. */
export function createClient(url: string): (path: string, call?: Call) => Promise<Answer> {
  return async (path, { method, token, headers, body } = {}) => {
    const isForm = body instanceof FormData;
    const response = await fetch(url + path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  };
}

/** Uses the link of a fresh platform and makes a key that may do everything. */
export async function signInFirstAdmin(service: RunningService): Promise<string> {
  const call = createClient(service.url);
  const token = service.log.find((entry) => entry["token"] !== undefined)?.["token"];
  const opened = await call("/v1/session/link", { body: { token, password: TEST_PASSWORD } });
  const cookie = opened.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const key = await call("/v1/keys", {
    headers: { cookie },
    body: { name: "tests", scopes: ["predict", "read", "write"], days: 1 },
  });
  return String(key.body["token"]);
}
