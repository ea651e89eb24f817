import { Failure, failureOf, unreachable } from "../api/failure.ts";

/** How much of a file has gone. */
export interface Progress {
  readonly sent: number;
  readonly total: number;
}

/** What is needed of a browser's request; only this kind tells how much of a body has gone. */
export type OpenRequest = () => XMLHttpRequest;

const TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv",
  tsv: "text/csv",
  txt: "text/csv",
  jsonl: "application/x-ndjson",
  ndjson: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
};

/** The content type of a file that can become a data set, by how its name ends; undefined for any other. */
export function contentTypeOf(name: string): string | undefined {
  return TYPES[name.toLowerCase().split(".").at(-1) ?? ""];
}

/** A name for the data set that a file becomes: `Sensor Data (2).csv` is `sensor_data_2`. */
export function datasetNameOf(file: string): string {
  const words = file
    .replace(/\.[^.]*$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "");
  return words.slice(0, 63);
}

/** Why a name cannot be a data set's; undefined when it can. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "A name is needed.";
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) return "Small letters, digits and _, a letter first, at most 63 of them.";
  if (/^(duckdb_|pragma_|sqlite_|pg_)/.test(name)) return "Names that begin like this belong to the SQL engine.";
  return undefined;
}

/**
 * Sends a file as the body of a request and tells how far it is.
 * @throws {Failure} when it is refused or nothing answers; the signal's reason when it was cancelled.
 */
export function uploadFile<T>(
  url: string,
  file: Blob,
  contentType: string,
  options: {
    readonly onProgress: (progress: Progress) => void;
    readonly signal: AbortSignal;
    readonly open?: OpenRequest;
  },
): Promise<T> {
  const { onProgress, signal, open = () => new XMLHttpRequest() } = options;
  return new Promise((resolve, reject) => {
    const request = open();
    const cancel = (): void => request.abort();
    request.open("POST", url);
    request.setRequestHeader("content-type", contentType);
    request.setRequestHeader("accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress({ sent: loaded, total }));
    request.addEventListener("abort", () => reject(signal.reason as Error));
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("load", () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300 && body !== undefined) resolve(body as T);
      else reject(failureOf(request.status, body));
    });
    request.addEventListener("loadend", () => signal.removeEventListener("abort", cancel));
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    signal.addEventListener("abort", cancel);
    request.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether something failed because the person cancelled it. */
export function isCancelled(error: unknown): boolean {
  return !(error instanceof Failure) && error instanceof DOMException && error.name === "AbortError";
}
