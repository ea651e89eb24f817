import { canonicalJson, isCanonical, type Json, type JsonObject } from "../json/canonical.ts";
import type { Link } from "./chain.ts";
import { factsDigests } from "./facts-digests.ts";
import type { Ledger } from "./ledger.ts";

/** Links that are worked on at once, so that their facts are asked for together. */
const BATCH = 200;
/** Digests of facts that were written already. Past that some are written again, so memory stays bounded. */
const REMEMBERED_FACTS = 100_000;

/**
 * The whole ledger as JSON Lines (docs/reference/evidence-format.md): each line with its newline,
 * facts before the evidence that rests on them, the head last. A ledger that does not verify is
 * exported as it is, so that others can see where it is broken; facts that are gone are left out.
 */
export async function* exportLedger(ledger: Pick<Ledger, "head" | "links" | "facts">): AsyncGenerator<string> {
  // The head first: records that are appended meanwhile come after it and belong to the next export.
  const head = await ledger.head();
  const written = new Set<string>();
  let batch: Link[] = [];
  for await (const link of ledger.links()) {
    if (link.seq > head.seq) break;
    batch.push(link);
    if (batch.length < BATCH) continue;
    yield* exportBatch(batch, ledger, written);
    batch = [];
  }
  yield* exportBatch(batch, ledger, written);
  yield `{"head":{"hash":"${head.hash}","seq":${head.seq}}}\n`;
}

async function* exportBatch(
  links: readonly Link[],
  ledger: Pick<Ledger, "facts">,
  written: Set<string>,
): AsyncGenerator<string> {
  if (written.size > REMEMBERED_FACTS) written.clear();
  const needs = links.map((link) => digestsOf(link.body).filter((digest) => !written.has(digest)));
  const facts = await ledger.facts([...new Set(needs.flat())]);
  for (const [index, link] of links.entries()) {
    for (const digest of needs[index] ?? []) {
      const value = facts.get(digest);
      if (value === undefined || written.has(digest)) continue;
      written.add(digest);
      yield oneLine(`{"digest":"${digest}","facts":${canonicalJson(value)}}`);
    }
    yield oneLine(`{"body":${readableBody(link.body)},"hash":"${link.hash}","prev":"${link.prev}","seq":${link.seq}}`);
  }
}

function digestsOf(body: string): readonly string[] {
  try {
    return factsDigests(JSON.parse(body) as JsonObject);
  } catch {
    return [];
  }
}

/** A body that is not canonical was tampered with; as a string it still fits in, and does not verify. */
function readableBody(body: string): string {
  try {
    return isCanonical(body, JSON.parse(body) as Json) ? body : JSON.stringify(body);
  } catch {
    return JSON.stringify(body);
  }
}

/** Programs disagree on whether these three end a line; escaped they are the same JSON and end none. */
function oneLine(json: string): string {
  return `${json.replaceAll(/[\u0085\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}
