import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@muster/kernel";
import { mutatedResponse } from "../testing/mutated-responses.ts";
import { readWithNode } from "../testing/node-http-reader.ts";
import { readWithOurs } from "../testing/parsed-response.ts";

const RESPONSES = 100_000;
/** Where the engine refuses and llhttp does not, on purpose. */
const STRICTER = new Set([
  "the status code is below 100",
  "the answer is not HTTP/1.0 or HTTP/1.1",
  "the server switched the protocol unasked",
  "the content-length is too large",
]);

test("100,000 mutated responses read as they do with llhttp, or are refused by both", async () => {
  const random = createRandom(20_261_121);
  let read = 0;
  let refused = 0;
  let stricter = 0;
  for (let nth = 0; nth < RESPONSES; nth += 1) {
    const bytes = Buffer.from(mutatedResponse(random), "latin1");
    const method = random() < 0.1 ? "HEAD" : "GET";
    const cut = random() < 0.5 ? 0 : Math.floor(random() * bytes.length);
    const parts = [bytes.subarray(0, cut), bytes.subarray(cut)].filter((part) => part.length > 0);

    const ours = readWithOurs(method, parts);
    // Bytes behind a complete response end the connection here and there; they are not part of the response.
    const meant = ours.parser.done ? [bytes.subarray(0, ours.used)] : parts;
    const node = await readWithNode(method, meant);

    const shown = JSON.stringify(bytes.toString("latin1"));
    if (node.outcome !== "read") {
      assert.equal(ours.parser.done, false, `only llhttp refuses ${shown}`);
      refused += 1;
    } else if (STRICTER.has(ours.parser.error)) {
      stricter += 1;
    } else {
      assert.equal(ours.parser.error, "", `only the engine refuses ${shown}`);
      assert.equal(ours.parser.status, node.status, shown);
      assert.equal(ours.body, node.body, shown);
      assert.deepEqual(fieldsOf(ours.parser.head), node.headers, shown);
      read += 1;
    }
  }
  assert.ok(read > RESPONSES / 4 && refused > RESPONSES / 4, `${read} read, ${refused} refused`);
  assert.ok(stricter < RESPONSES / 1_000, `${stricter} refused only by the engine`);
});

function fieldsOf(head: string): string[] {
  return head
    .split("\r\n")
    .slice(1, -2)
    .flatMap((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, "")];
    });
}
