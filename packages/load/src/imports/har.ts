import { MusterError } from "@muster/kernel";
import { type ImportedRequest, keptHeaders } from "./imported-request.ts";

/** The parts of a HAR 1.2 entry that are read, each of which may be missing in a file from anywhere. */
interface HarEntry {
  readonly startedDateTime?: string;
  readonly request?: {
    readonly method?: string;
    readonly url?: string;
    readonly headers?: readonly { readonly name?: string; readonly value?: string }[];
    readonly postData?: { readonly text?: string };
  };
}

/**
 * The requests of an HTTP archive, as browsers save it, in the order in which they were sent.
 * @throws {MusterError} `load-import` when the text is no archive.
 */
export function readHar(text: string): ImportedRequest[] {
  let entries: unknown;
  try {
    entries = (JSON.parse(text) as { log?: { entries?: unknown } }).log?.entries;
  } catch (error) {
    throw new MusterError("load-import", `the HTTP archive is not JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(entries)) throw new MusterError("load-import", "the HTTP archive has no log.entries");
  const timed = (entries as readonly HarEntry[])
    .map((entry) => ({ entry, at: Date.parse(entry?.startedDateTime ?? "") }))
    .sort((a, b) => (Number.isNaN(a.at) || Number.isNaN(b.at) ? 0 : a.at - b.at));
  let before: number | undefined;
  const requests: ImportedRequest[] = [];
  for (const { entry, at } of timed) {
    const { method, url, headers = [], postData } = entry?.request ?? {};
    if (method === undefined || url === undefined || !/^https?:/.test(url) || !URL.canParse(url)) continue;
    requests.push({
      method,
      url: new URL(url),
      headers: keptHeaders(headers.map(({ name = "", value = "" }) => [name, value] as const)),
      ...(postData?.text === undefined || postData.text === "" ? {} : { body: postData.text }),
      ...(before === undefined || Number.isNaN(at) ? {} : { afterMs: Math.max(0, at - before) }),
    });
    if (!Number.isNaN(at)) before = at;
  }
  return requests;
}
