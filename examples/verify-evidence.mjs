// Verifies an export of Muster's evidence with nothing but Node 18: node verify-evidence.mjs FILE
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const member = (name) => `${JSON.stringify(name)}:${canonical(value[name])}`;
  return `{${Object.keys(value).sort().map(member).join()}}`;
}
let [line, found, ended, last, kept] = [0, "", false, { seq: 0, hash: "0".repeat(64) }, new Set()];
async function flaw(text) {
  const { body, digest, facts, hash, head, prev, seq } = JSON.parse(text);
  if (ended) return "something stands after the head";
  if (facts) return sha256(canonical(facts)) === digest ? void kept.add(digest) : "facts do not give their digest";
  if (head) return head.hash === last.hash && head.seq === last.seq ? void (ended = true) : "the end was cut off";
  if (seq !== last.seq + 1 || prev !== last.hash) return `record ${seq} does not follow record ${last.seq}`;
  if (sha256(canonical({ body, prev, seq })) !== hash) return `record ${seq} was altered`;
  last = { seq, hash };
  return Object.values(body.facts ?? {}).every((each) => !each || kept.has(each)) ? "" : `facts of ${seq} are missing`;
}
for await (const text of createInterface({ input: createReadStream(process.argv[2]) })) {
  line += 1;
  found = await flaw(text).catch(() => "it cannot be read");
  if (found) break;
}
found ||= ended ? "" : "the end was cut off";
process.stdout.write(found ? `BROKEN at line ${line}: ${found}\n` : `INTACT: ${last.seq} records, head ${last.hash}\n`);
process.exitCode = found ? 1 : 0;
