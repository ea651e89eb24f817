import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { canonicalJson, type Json } from "../json/canonical.ts";
import { appendLink, EMPTY_HEAD, GENESIS, type Head, type Link, linkText, verifyChain, verifyLink } from "./chain.ts";

const sha256 = (text: string) => hash("sha256", text);

describe("the chain", () => {
  test("hashes the canonical JSON of body, predecessor and place", () => {
    const link = appendLink({ seq: 4, hash: "ab".repeat(32) }, { z: 1, a: "ü" }, sha256);

    const whole = canonicalJson({ seq: 5, prev: "ab".repeat(32), body: { z: 1, a: "ü" } });
    assert.equal(linkText(link.body, link.prev, link.seq), whole);
    assert.deepEqual(link, { seq: 5, prev: "ab".repeat(32), body: '{"a":"ü","z":1}', hash: sha256(whole) });
  });

  test("starts at record 1 after 64 zeros", () => {
    const link = appendLink(EMPTY_HEAD, {}, sha256);

    assert.equal(link.seq, 1);
    assert.equal(link.prev, GENESIS);
    assert.equal(GENESIS, "0".repeat(64));
  });

  test("verifies when nobody touched it, also when it is empty", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(body(), { maxLength: 12 }), async (bodies) => {
        const { links, head } = chainOf(bodies);

        assert.deepEqual(await verifyChain(links, head, sha256), { intact: true, head });
      }),
    );
  });

  for (const [what, change, expected] of [
    ["a record that is missing", (links) => links.toSpliced(2, 1), [3, "missing", "record 3 is missing"]],
    ["several that are missing", (links) => links.toSpliced(1, 3), [2, "missing", "records 2 to 4 are missing"]],
    ["two that changed places", (links) => swapped(links, 1, 2), [2, "missing", "record 2 is missing"]],
    [
      "one that stands twice",
      (links) => links.toSpliced(3, 0, at(links, 1)),
      [2, "out-of-order", "record 2 stands after record 3"],
    ],
    [
      "one whose content changed",
      (links) => links.with(2, { ...at(links, 2), body: '{"said":"other"}' }),
      [3, "altered", "record 3 was altered: its content does not give its hash"],
    ],
    [
      "one whose hash was changed with it",
      (links) => links.with(2, rehashed(at(links, 2))),
      [4, "altered", "record 4 does not follow record 3: its link to it differs"],
    ],
    [
      "an end that was cut off",
      (links) => links.slice(0, 3),
      [4, "truncated", "the chain ends at record 3, but record 6 was written"],
    ],
    [
      "an end that was written anew",
      (links) => [...links.slice(0, 5), rehashed(at(links, 5))],
      [6, "altered", "the chain ends at record 6 with another hash than its head says"],
    ],
    [
      "a record beyond the head",
      (links) => [...links, appendLink(at(links, 5), {}, sha256)],
      [6, "altered", "the chain ends at record 7 with another hash than its head says"],
    ],
  ] as const satisfies readonly (readonly [
    string,
    (links: readonly Link[]) => readonly Link[],
    readonly unknown[],
  ])[]) {
    test(`names ${what}`, async () => {
      const { links, head } = chainOf(["a", "b", "c", "d", "e", "f"].map((said) => ({ said })));

      const verdict = await verifyChain(change(links), head, sha256);

      assert.ok(!verdict.intact);
      assert.deepEqual([verdict.break.seq, verdict.break.kind, verdict.break.reason], expected);
    });
  }

  test("notices a change of any field of any record, and names that record", async () => {
    let cases = 0;
    const { links, head } = chainOf(Array.from({ length: 6 }, (_, place) => evidenceLike(place)));

    for (const [index, link] of links.entries()) {
      for (const altered of everyChangeOf(link)) {
        const verdict = await verifyChain(links.with(index, altered), head, sha256);

        assert.ok(!verdict.intact, JSON.stringify(altered));
        assert.equal(verdict.verified.seq, index, JSON.stringify(altered));
        cases += 1;
      }
    }

    assert.ok(cases >= 200, `${cases} cases`);
  });

  test("notices any tampering with any chain", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(body(), { minLength: 1, maxLength: 10 }), tampering(), async (bodies, tamper) => {
        const { links, head } = chainOf(bodies);
        const tampered = tamper(links);
        fc.pre(JSON.stringify(tampered) !== JSON.stringify(links));

        const verdict = await verifyChain(tampered, head, sha256);

        assert.equal(verdict.intact, false);
      }),
      { numRuns: 3_000 },
    );
  });

  test("reads no further than the first break", () => {
    const { links } = chainOf([{ n: 1 }, { n: 2 }]);

    const result = verifyLink(EMPTY_HEAD, at(links, 1), sha256);

    assert.deepEqual(result, { seq: 1, kind: "missing", reason: "record 1 is missing" });
  });
});

function chainOf(bodies: readonly Json[]): { links: readonly Link[]; head: Head } {
  const links: Link[] = [];
  let head: Head = EMPTY_HEAD;
  for (const each of bodies) {
    const link = appendLink(head, each, sha256);
    links.push(link);
    head = { seq: link.seq, hash: link.hash };
  }
  return { links, head };
}

function at(links: readonly Link[], index: number): Link {
  const link = links[index];
  assert.ok(link);
  return link;
}

function swapped(links: readonly Link[], a: number, b: number): readonly Link[] {
  return links.with(a, at(links, b)).with(b, at(links, a));
}

/** A record with another content whose own hash is right. */
function rehashed(link: Link): Link {
  const forged = `{"forged":${link.body}}`;
  return { ...link, body: forged, hash: sha256(linkText(forged, link.prev, link.seq)) };
}

function evidenceLike(place: number): Json {
  return {
    v: 1,
    kind: "judgement",
    id: `run/${place}`,
    at: "2026-03-14T09:26:53.589Z",
    actor: "muster",
    subject: { service: "models", environment: "staging" },
    run: "run",
    parameters: { limit: 500, strict: true, only: null },
    outcome: "pass",
    findings: [{ resource: "a", message: "b" }],
    facts: { exchange: sha256(String(place)) },
  };
}

/** Every link that differs from this one in one field: of the link, or of its body, changed or left out. */
function* everyChangeOf(link: Link): Generator<Link> {
  yield { ...link, seq: link.seq + 1 };
  yield { ...link, seq: link.seq - 1 };
  yield { ...link, prev: sha256(link.prev) };
  yield { ...link, hash: sha256(link.hash) };
  yield { ...link, body: `${link.body} ` };
  for (const changed of everyChangeOfValue(JSON.parse(link.body) as Json)) {
    yield { ...link, body: canonicalJson(changed) };
  }
}

function* everyChangeOfValue(value: Json): Generator<Json> {
  if (typeof value === "string") yield `${value}x`;
  else if (typeof value === "number") yield value + 1;
  else if (typeof value === "boolean") yield !value;
  else if (value === null) yield 0;
  else if (Array.isArray(value)) {
    yield [...value, null];
    for (const [index, item] of value.entries()) {
      yield value.toSpliced(index, 1);
      for (const changed of everyChangeOfValue(item as Json)) yield value.with(index, changed);
    }
  } else {
    yield { ...value, added: true };
    for (const [name, member] of Object.entries(value as Record<string, Json>)) {
      yield Object.fromEntries(Object.entries(value as Record<string, Json>).filter(([other]) => other !== name));
      for (const changed of everyChangeOfValue(member)) yield { ...value, [name]: changed };
    }
  }
}

function body(): fc.Arbitrary<Json> {
  return fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>, {
    maxKeys: 5,
  });
}

/** Everything that somebody with write access might do, each to a random place. */
function tampering(): fc.Arbitrary<(links: readonly Link[]) => readonly Link[]> {
  const place = fc.nat(1_000);
  return fc.oneof(
    fc.tuple(place, place).map(([which, how]) => (links: readonly Link[]) => {
      const index = which % links.length;
      const changes = [...everyChangeOf(at(links, index))];
      return links.with(index, changes[how % changes.length] as Link);
    }),
    fc.tuple(place, place, fc.integer({ min: 1, max: 255 })).map(([which, where, mask]) => (links: readonly Link[]) => {
      const index = which % links.length;
      const link = at(links, index);
      const unit = where % link.body.length;
      const flipped = String.fromCharCode(link.body.charCodeAt(unit) ^ mask);
      return links.with(index, { ...link, body: link.body.slice(0, unit) + flipped + link.body.slice(unit + 1) });
    }),
    place.map((which) => (links: readonly Link[]) => links.toSpliced(which % links.length, 1)),
    fc.tuple(place, place).map(
      ([a, b]) =>
        (links: readonly Link[]) =>
          swapped(links, a % links.length, b % links.length),
    ),
    fc.tuple(place, place).map(
      ([from, to]) =>
        (links: readonly Link[]) =>
          links.toSpliced(to % (links.length + 1), 0, at(links, from % links.length)),
    ),
    fc.tuple(place, body()).map(([where, forged]) => (links: readonly Link[]) => {
      const index = where % (links.length + 1);
      const before = links[index - 1] ?? EMPTY_HEAD;
      return links.toSpliced(index, 0, appendLink(before, forged, sha256));
    }),
    place.map((keep) => (links: readonly Link[]) => links.slice(0, keep % links.length)),
    // The whole rest written anew, every hash right: only the head that was kept tells.
    fc.tuple(place, body()).map(([where, forged]) => (links: readonly Link[]) => {
      const index = where % links.length;
      const bodies = links.map((link) => JSON.parse(link.body) as Json).with(index, forged);
      return chainOf(bodies).links;
    }),
  );
}
