/**
 * The program that opens files which nobody trusts and runs statements which nobody has seen: reads one order from
 * standard input, a line, answers on standard output, and ends. Its arguments are the bounds of its engine.
 */
import { detect } from "./detect.ts";
import { countDrift } from "./drift.ts";
import { nameEngineError } from "./engine-error.ts";
import { ingest } from "./ingest.ts";
import { joinParts, probe, writePart } from "./jobs.ts";
import type { Answer, Order } from "./message.ts";
import { exportRelation, readPage, runQuery } from "./query.ts";
import { Refusal } from "./refusal.ts";
import { openSession, type Session } from "./session.ts";

const [memoryBytes, threads, maxSpillBytes] = process.argv.slice(2).map(Number);
// Opened before the order comes, so that a worker that waits for one is ready.
const session = await openSession({
  memoryBytes: memoryBytes ?? 0,
  threads: threads ?? 1,
  maxSpillBytes: maxSpillBytes ?? 0,
});
const hear = readLines();
const order = await hear();
const text = JSON.stringify(await answer(JSON.parse(order) as Order));
// What was written is out when the callback comes; nothing else is worth waiting for.
process.stdout.write(text, () => process.exit(0));

/**
 * Gives the next line each time: the order first. Input that ends means that whoever asked is gone, however that came
 * about: nobody needs the rest.
 */
function readLines(): () => Promise<string> {
  const lines: string[] = [];
  let begun = "";
  let waiting: ((line: string) => void) | undefined;
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (chunk: string) => {
    const [first = "", ...more] = chunk.split("\n");
    begun += first;
    for (const next of more) {
      if (waiting) waiting(begun);
      else lines.push(begun);
      waiting = undefined;
      begun = next;
    }
  });
  process.stdin.once("end", () => process.kill(process.pid, "SIGKILL"));
  return () => {
    const line = lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve) => {
      waiting = resolve;
    });
  };
}

async function answer(asked: Order): Promise<Answer> {
  try {
    const value = await work(session, asked);
    session.close();
    return { ok: true, value: value ?? null };
  } catch (error) {
    const named = error instanceof Refusal ? error : nameEngineError(error, asked);
    return { ok: false, code: named.code, message: named.message };
  }
}

function work(engine: Session, asked: Order): Promise<unknown> {
  switch (asked.kind) {
    case "detect":
      return detect(engine, asked.file, asked.hint);
    case "ingest":
      return ingest(engine, asked);
    case "query":
      return runQuery(engine, asked);
    case "page":
      return readPage(engine, asked);
    case "export":
      return exportRelation(engine, asked);
    case "drift":
      return countDrift(engine, asked);
    case "probe":
      return probe(engine, asked);
    case "part":
      return writePart(engine, asked, { hear, say: (line) => void process.stdout.write(`${line}\n`) });
    case "join":
      return joinParts(engine, asked);
  }
}
