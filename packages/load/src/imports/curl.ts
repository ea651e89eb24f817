import { MusterError } from "@muster/kernel";
import { type ImportedRequest, keptHeaders } from "./imported-request.ts";

/** Options of curl that take a value and say nothing about the request. */
const IGNORED_WITH_VALUE = new Set([
  "-o",
  "--output",
  "-m",
  "--max-time",
  "--connect-timeout",
  "-w",
  "--write-out",
  "-x",
  "--proxy",
  "--retry",
  "--cacert",
  "-b",
  "--cookie",
  "-c",
  "--cookie-jar",
]);

/**
 * The requests of curl command lines, as browsers copy them: one command each, over several lines where they end in a
 * backslash.
 * @throws {MusterError} `load-import` for what is no curl command.
 */
export function readCurl(text: string): ImportedRequest[] {
  return commands(text).map(readCommand);
}

function readCommand(words: readonly string[]): ImportedRequest {
  if (words[0] !== "curl") throw new MusterError("load-import", `"${words[0]}" is not curl`);
  let method: string | undefined;
  let address: string | undefined;
  let head = false;
  let query = false;
  const headers: [string, string][] = [];
  const data: string[] = [];
  for (let at = 1; at < words.length; at += 1) {
    const [word, inline] = splitOption(words[at] as string);
    const value = (): string => {
      if (inline !== undefined) return inline;
      at += 1;
      const next = words[at];
      if (next === undefined) throw new MusterError("load-import", `${word} has no value`);
      return next;
    };
    switch (word) {
      case "-X":
      case "--request":
        method = value();
        break;
      case "-H":
      case "--header":
        headers.push(headerOf(value()));
        break;
      case "-A":
      case "--user-agent":
        headers.push(["user-agent", value()]);
        break;
      case "-e":
      case "--referer":
        headers.push(["referer", value()]);
        break;
      case "-u":
      case "--user":
        headers.push(["authorization", `Basic ${Buffer.from(value()).toString("base64")}`]);
        break;
      case "-d":
      case "--data":
      case "--data-ascii":
      case "--data-raw":
      case "--data-binary":
        data.push(dataOf(word, value()));
        break;
      case "--data-urlencode":
        data.push(encodedData(value()));
        break;
      case "--json":
        data.push(value());
        headers.push(["content-type", "application/json"], ["accept", "application/json"]);
        break;
      case "--url":
        address = value();
        break;
      case "-I":
      case "--head":
        head = true;
        break;
      case "-G":
      case "--get":
        query = true;
        break;
      default:
        if (IGNORED_WITH_VALUE.has(word)) value();
        else if (!word.startsWith("-")) address = word;
    }
  }
  if (address === undefined) throw new MusterError("load-import", "a curl command has no address");
  const complete = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(complete)) throw new MusterError("load-import", `"${address}" is no address`);
  const url = new URL(complete);
  const body = data.length === 0 ? undefined : data.join("&");
  if (query && body !== undefined) url.search = url.search === "" ? body : `${url.search}&${body}`;
  const sent = query ? undefined : body;
  const kept = keptHeaders(headers);
  if (sent !== undefined) kept["content-type"] ??= "application/x-www-form-urlencoded";
  return {
    method: method ?? (head ? "HEAD" : sent === undefined ? "GET" : "POST"),
    url,
    headers: kept,
    ...(sent === undefined ? {} : { body: sent }),
  };
}

/** `--name=value` and `-Xvalue` are one word for two. */
function splitOption(word: string): [string, string | undefined] {
  const long = /^(--[a-z-]+)=([^]*)$/.exec(word);
  if (long) return [long[1] as string, long[2]];
  const short = /^(-[XHAeud])([^]+)$/.exec(word);
  return short ? [short[1] as string, short[2]] : [word, undefined];
}

function headerOf(text: string): [string, string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text.replace(/;$/, ""), ""] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

function dataOf(option: string, text: string): string {
  if (option !== "--data-raw" && text.startsWith("@")) {
    throw new MusterError(
      "load-import",
      `the body is in the file ${text.slice(1)}; put it into the command with --data-raw`,
    );
  }
  return text;
}

function encodedData(text: string): string {
  const equals = text.indexOf("=");
  return equals < 0
    ? encodeURIComponent(text)
    : `${text.slice(0, equals + 1)}${encodeURIComponent(text.slice(equals + 1))}`;
}

/** Commands as their words, as a POSIX shell would split them; `$'…'` as bash does. */
function commands(text: string): string[][] {
  const all: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  let at = 0;
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) all.push(words);
    words = [];
  };
  while (at < text.length) {
    const character = text[at] as string;
    const ansi = character === "$" && text[at + 1] === "'";
    if (ansi || character === "'" || character === '"') {
      const quote = readQuoted(text, ansi ? at + 1 : at, ansi);
      word = (word ?? "") + quote.value;
      at = quote.end;
    } else if (character === "\\" && /^\\\r?\n/.test(text.slice(at, at + 3))) {
      at += text[at + 1] === "\r" ? 3 : 2;
    } else if (character === "\\") {
      word = (word ?? "") + (text[at + 1] ?? "");
      at += 2;
    } else {
      if (character === "\n" || character === ";") endCommand();
      else if (/\s/.test(character)) endWord();
      else word = (word ?? "") + character;
      at += 1;
    }
  }
  endCommand();
  return all;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "'": "'", '"': '"', "\\": "\\" };

function readQuoted(text: string, from: number, ansi: boolean): { value: string; end: number } {
  const quote = text[from];
  let value = "";
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === quote) return { value, end: at + 1 };
    if (character === "\\" && (ansi || quote === '"')) {
      at += 1;
      const next = text[at] ?? "";
      const unicode = ansi && next === "u" ? /^[0-9a-f]{4}/i.exec(text.slice(at + 1)) : null;
      if (unicode) {
        value += String.fromCharCode(Number.parseInt(unicode[0], 16));
        at += 4;
      } else if (ansi) value += ESCAPES[next] ?? `\\${next}`;
      else value += '"\\$`'.includes(next) ? next : next === "\n" ? "" : `\\${next}`;
    } else value += character;
  }
  throw new MusterError("load-import", "a quoted word of a curl command does not end");
}
