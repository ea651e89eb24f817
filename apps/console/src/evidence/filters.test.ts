import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  changeFilters,
  type EvidenceFilters,
  filterCommand,
  filterQuery,
  isFiltered,
  KINDS,
  OUTCOMES_WORST_FIRST,
  readFilters,
  shellWord,
} from "./filters.ts";

describe("filters of the evidence page", () => {
  test("are read from the address, and what is not understood is left out", () => {
    const filters = readFilters({
      kind: "judgement",
      outcome: "terrible",
      check: " tls ",
      text: "",
      before: "120",
      colour: "red",
    });

    assert.deepEqual(filters, { kind: "judgement", check: "tls", before: 120 });
  });

  test("refuse a cursor that is no place in the ledger", () => {
    for (const before of ["0", "-3", "1.5", "x", "1e99", ""]) assert.deepEqual(readFilters({ before }), {});
  });

  test("become the query of the API", () => {
    assert.equal(filterQuery({}), "");
    assert.equal(filterQuery({ outcome: "fail", text: "p95 & more" }), "?outcome=fail&text=p95+%26+more");
  });

  test("survive the way through an address", () => {
    const filters = fc.record<EvidenceFilters>(
      {
        kind: fc.constantFrom(...KINDS),
        outcome: fc.constantFrom(...OUTCOMES_WORST_FIRST),
        check: fc.stringMatching(/^[a-z-]{1,20}$/),
        text: fc.string({ minLength: 1, maxLength: 40 }).filter((text) => text.trim() === text && text !== ""),
        before: fc.integer({ min: 1, max: 1e9 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );

    fc.assert(
      fc.property(filters, (wanted) => {
        const search = Object.fromEntries(new URLSearchParams(filterQuery(wanted)));
        assert.deepEqual(readFilters(search), wanted);
      }),
    );
  });

  test("forget the place in the list when they change", () => {
    assert.deepEqual(changeFilters({ text: "tls", before: 40 }, { outcome: "fail", kind: "judgement" }), {
      text: "tls",
      outcome: "fail",
      kind: "judgement",
    });
  });

  test("do not ask for the outcome of something that has none", () => {
    assert.deepEqual(changeFilters({ outcome: "fail", kind: "judgement" }, { kind: "waiver" }), { kind: "waiver" });
    assert.deepEqual(changeFilters({ kind: "run" }, { outcome: "warn" }), { outcome: "warn" });
  });

  test("know whether they cut the list down", () => {
    assert.equal(isFiltered({ before: 40 }), false);
    assert.equal(isFiltered({ run: "run-1" }), true);
  });

  test("have a command that lists the same", () => {
    assert.equal(filterCommand({}), "muster evidence list");
    assert.equal(
      filterCommand({ outcome: "fail", kind: "judgement", text: "it's slow", before: 9 }),
      "muster evidence list --kind judgement --outcome fail --text 'it'\\''s slow'",
    );
  });

  test("are quoted so that a shell reads them as they are", () => {
    assert.equal(shellWord("tls-expiry"), "tls-expiry");
    assert.equal(shellWord("$(rm -rf ~)"), "'$(rm -rf ~)'");
  });
});
