import { ResponseParser } from "../http/response-parser.ts";

/** What the engine's parser made of a response. */
export interface ParsedResponse {
  readonly parser: ResponseParser;
  readonly body: string;
  /** Bytes that belong to the response. */
  readonly used: number;
}

/** Reads a response with the engine's parser; the connection ends after the parts. */
export function readWithOurs(method: string, parts: readonly Buffer[]): ParsedResponse {
  const parser = new ResponseParser();
  parser.begin(method === "HEAD", true, 1_000_000);
  let used = 0;
  for (const part of parts) {
    used += parser.read(part, 0, part.length);
    if (parser.done || parser.failed) break;
  }
  parser.end();
  return { parser, body: parser.body, used };
}
