import type { Order } from "./message.ts";
import { Refusal } from "./refusal.ts";

const MAX_SENTENCE = 400;

/** Names a failure of DuckDB for the person who caused it. Nothing of it names a file of this machine. */
export function nameEngineError(error: unknown, order: Order): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("Out of Memory Error") || /bad_alloc|array length/i.test(message)) {
    return new Refusal("data-limit", "it needs more memory than it may use");
  }
  if (message.includes("File too large")) {
    return new Refusal("data-limit", "what it writes is larger than it may be");
  }
  if (/No space left on device|Disk quota exceeded/.test(message)) {
    return new Refusal("database-full", "the disk that holds the datasets is full");
  }
  const sentence = withoutFiles(firstSentence(message));
  const code = order.kind === "detect" || order.kind === "ingest" ? "data-invalid" : "query-refused";
  return new Refusal(code, sentence);
}

/** DuckDB goes on with candidates, hints and a picture of the statement, which are left out. */
function firstSentence(message: string): string {
  const lines = message.split("\n").map((line) => line.trim());
  const end = lines.findIndex(
    (line, index) => index > 0 && (line === "" || /^(LINE \d|Possible|Candidate)/.test(line)),
  );
  return lines
    .slice(0, end === -1 ? 3 : end)
    .join(" ")
    .slice(0, MAX_SENTENCE);
}

function withoutFiles(sentence: string): string {
  return sentence.replaceAll(/"?(?:\/[\w.@+-]+){2,}"?/g, "the file");
}
