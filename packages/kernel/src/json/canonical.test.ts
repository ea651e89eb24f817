import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { canonicalJson, isCanonical, type Json } from "./canonical.ts";

/** RFC 8785, appendix B: the bits of a double and how it is written. */
const NUMBERS: readonly (readonly [bits: string, text: string])[] = [
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["ffefffffffffffff", "-1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"],
  ["41b3de4355555556", "333333333.3333334"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
];

const json = fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<Json>;

describe("canonical JSON", () => {
  for (const [bits, text] of NUMBERS) {
    test(`writes the number with the bits ${bits} as ${text}`, () => {
      assert.equal(canonicalJson(doubleOf(bits)), text);
    });
  }

  test("refuses numbers that JSON cannot carry", () => {
    for (const bits of ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"]) {
      assert.throws(() => canonicalJson({ at: [doubleOf(bits)] }), TypeError);
    }
  });

  test("writes the example of RFC 8785, section 3.2.2", () => {
    const parsed = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`) as Json;

    const text = canonicalJson(parsed);

    assert.equal(
      text,
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test("sorts members by UTF-16 code units, as in RFC 8785, section 3.2.3", () => {
    const members = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };

    const text = canonicalJson(members);

    assert.deepEqual(text.match(/(?<=:")[^"]+/g), [
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  test("sorts names that look like numbers as text", () => {
    assert.equal(
      canonicalJson({ 9: "nine", 10: "ten", a: { 2: 0, 11: 0 } }),
      '{"10":"ten","9":"nine","a":{"11":0,"2":0}}',
    );
  });

  test("leaves out members that are undefined", () => {
    assert.equal(canonicalJson({ here: 1, gone: undefined }), '{"here":1}');
  });

  test("refuses lone surrogates in values and in names", () => {
    assert.throws(() => canonicalJson("\ud800"), TypeError);
    assert.throws(() => canonicalJson({ "\udc00": 1 }), TypeError);
  });

  test("says the same for equal values, whatever the order of their members", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), json), (members) => {
        const reordered = Object.fromEntries(Object.entries(members).toReversed());

        assert.equal(canonicalJson(reordered), canonicalJson(members));
      }),
    );
  });

  test("keeps every value, but for the sign of zero", () => {
    fc.assert(
      fc.property(json, (value) => {
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("telling whether a text is canonical", () => {
  test("agrees with writing it again, for texts with any spacing, order and notation", () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, " ", "\t"), (value, space) => {
        for (const text of [JSON.stringify(value, undefined, space), canonicalJson(value)]) {
          const parsed = JSON.parse(text) as Json;

          assert.equal(isCanonical(text, parsed), canonicalJson(parsed) === text);
        }
      }),
    );
  });

  for (const text of [
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a": 1}',
    '{"9":1,"10":2}',
    "[1.0]",
    "[1e2]",
    "[-0]",
    String.raw`["\u0041"]`,
    String.raw`["\/"]`,
    String.raw`["\ud800"]`,
  ]) {
    test(`${text} is not`, () => {
      assert.equal(isCanonical(text, JSON.parse(text) as Json), false);
    });
  }

  for (const text of ['{"10":2,"9":1}', String.raw`["\\ud800"]`, '{"a":{"b":[1,"\u0080"]}}']) {
    test(`${text} is`, () => {
      assert.equal(isCanonical(text, JSON.parse(text) as Json), true);
    });
  }
});

function doubleOf(bits: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${bits}`));
  return view.getFloat64(0);
}
