import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSchema, getIntrospectionQuery, parse } from "graphql";
import { costOf } from "./cost.ts";
import { GRAPHQL_SDL } from "./sdl.ts";

const schema = buildSchema(GRAPHQL_SDL);

function cost(query: string, variables: Readonly<Record<string, unknown>> = {}) {
  return costOf(schema, parse(query), variables);
}

test("a field costs one, and a level is what is below a field", () => {
  assert.deepEqual(cost("{ me { user role } cache { hits } }"), { fields: 5, depth: 2, badPages: [] });
});

test("what is on a page costs as often as the page is long, pages within pages multiplied", () => {
  // models, and ten times: nodes, name, next.
  assert.equal(cost("{ models(first: 10) { nodes { name } next } }").fields, 1 + 10 * 3);
  // Below each of ten models: versions, and three times nodes and digest.
  const query = "{ models(first: 10) { nodes { versions(first: 3) { nodes { digest } } } } }";
  assert.deepEqual(cost(query), { fields: 1 + 10 * (1 + (1 + 3 * 2)), depth: 5, badPages: [] });
});

test("a page without a size is as long as the schema says, and a list without pages has five", () => {
  assert.equal(cost("{ models { next } }").fields, 1 + 20);
  assert.equal(cost("{ me { sessions { id } } }").fields, 2 + 5);
});

test("the size of a page may come from a variable, its default or neither", () => {
  const query = (declared: string) => `query(${declared}) { models(first: $n) { next } }`;

  assert.equal(cost(query("$n: Int"), { n: 7 }).fields, 1 + 7);
  assert.equal(cost(query("$n: Int = 8")).fields, 1 + 8);
  assert.deepEqual(cost(query("$n: Int")).badPages, []);
  assert.deepEqual(cost(query("$n: Int = 1000")).badPages, ["models"]);
  assert.deepEqual(cost(query("$n: Int"), { n: 101 }).badPages, ["models"]);
  assert.deepEqual(cost(query("$n: Int"), { n: null }).badPages, ["models"]);
});

test("a page that is too long, empty or negative is named once", () => {
  for (const size of [0, -1, 101, 2_147_483_647]) {
    const query = `{ a: models(first: ${size}) { next } b: models(first: ${size}) { next } }`;
    assert.deepEqual(cost(query).badPages, ["models"]);
  }
});

test("fragments cost what is in them, each time that they are spread, however they are nested", () => {
  const doubling = Array.from(
    { length: 30 },
    (_, level) => `fragment f${level} on Query { ...f${level + 1} ...f${level + 1} }`,
  );
  const query = `{ ...f0 } ${doubling.join(" ")} fragment f30 on Query { me { user } }`;

  assert.equal(cost(query).fields, 2 * 2 ** 30);
  assert.deepEqual(cost("{ ... on Query { me { ... { user } } } }"), { fields: 2, depth: 2, badPages: [] });
});

test("the query with which tools read the schema is within bounds", () => {
  const { fields, depth } = cost(getIntrospectionQuery());

  assert.ok(fields < 20_000 && depth <= 16, `${fields} fields, ${depth} levels`);
});
