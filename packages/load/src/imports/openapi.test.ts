import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MusterError } from "@muster/kernel";
import { type ApiOperation, readOpenApi } from "./openapi.ts";
import { apiPlanSource } from "./openapi-source.ts";
import { schemaExample } from "./schema-example.ts";

const shop = {
  openapi: "3.1.0",
  info: { title: "Shop" },
  servers: [{ url: "https://{region}.shop.example/api/", variables: { region: { default: "eu" } } }],
  security: [{ token: [] }],
  paths: {
    "/items": {
      get: {
        tags: ["Items"],
        summary: "List them\nand more",
        parameters: [
          { in: "query", name: "page", required: true, schema: { type: "integer", minimum: 3 } },
          { in: "query", name: "color", schema: { type: "string" } },
        ],
        responses: { 200: {}, 404: {} },
      },
      post: {
        tags: ["Items"],
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Item" } } } },
        responses: { 201: {} },
      },
    },
    "/items/{id}": {
      parameters: [{ in: "path", name: "id", required: true, example: "a 1" }],
      get: { tags: ["Items"], security: [{ key: [] }], responses: { "2XX": {} } },
      delete: { tags: ["Items"], responses: { 204: {} } },
    },
    "/photos": {
      put: {
        requestBody: {
          content: {
            "multipart/form-data": {
              schema: {
                type: "object",
                required: ["note", "photo"],
                properties: { note: { type: "string" }, photo: { type: "string", format: "binary" } },
              },
            },
          },
        },
        responses: {},
      },
    },
    "/events": { get: { responses: { 200: { content: { "text/event-stream": {} } } } } },
  },
  components: {
    securitySchemes: {
      token: { type: "http", scheme: "bearer" },
      key: { type: "apiKey", in: "query", name: "api-key" },
    },
    schemas: {
      Item: {
        type: "object",
        required: ["name", "parent"],
        properties: {
          id: { type: "string", readOnly: true },
          name: { type: "string", minLength: 10 },
          color: { enum: ["red", "blue"], example: "blue" },
          size: { type: "integer" },
          parent: { anyOf: [{ type: "null" }, { $ref: "#/components/schemas/Item" }] },
        },
      },
    },
  },
};

const read = (document: unknown): readonly ApiOperation[] => readOpenApi(JSON.stringify(document)).operations;

describe("an OpenAPI description", () => {
  test("becomes its operations, with examples of what they need and of nothing else", () => {
    const [list, make, one, remove] = read(shop);

    assert.deepEqual(list?.query, { page: "3" });
    assert.equal(list?.summary, "List them");
    assert.deepEqual(list?.statuses, [200]);
    assert.deepEqual(one?.pathParameters, { id: "a 1" });
    assert.equal(one?.signIn[0]?.kind, "query");
    assert.equal(remove?.signIn[0]?.kind, "bearer");
    assert.ok(make?.body?.kind === "json");
    const { name, color, size } = make.body.value as { name: string; color: string; size?: number };
    assert.deepEqual([name, color, size], ["examplexxx", "blue", undefined]);
  });

  test("becomes a plan that is read easily, keeps no secret and deletes nothing unasked", () => {
    const source = apiPlanSource(readOpenApi(JSON.stringify(shop)), "shop.json");

    assert.match(source, /target: "https:\/\/eu\.shop\.example"/);
    assert.match(source, /\/\/ List them\n/);
    assert.match(source, /user\.http\.get\("\/api\/items\?page=3", \{ name: "GET \/items" \}\)/);
    assert.match(source, /`\/api\/items\/\$\{given\.id\}\?api-key=\$\{encodeURIComponent\(apiKey\)\}`/);
    assert.match(source, /id: "a%201"/);
    assert.match(source, /if \(deletes\) \{\n +user\.check\(await user\.http\.delete\(/);
    assert.match(source, /const apiToken = process\.env\["API_TOKEN"\] \?\? "";/);
    assert.match(source, /multipart\(\{ note: "example", photo: \{ name: "photo\.bin", content: "example" \} \}\)/);
    assert.match(source, /\/\/ Left out: GET \/events, because its answer is a stream of events without end\./);
    assert.match(source, /name: "Items"[^]*name: "api"/);
    assert.equal(
      apiPlanSource(readOpenApi(JSON.stringify(shop)), "shop.json", "http://127.0.0.1:1/v9").includes(
        '"/v9/items?page=3"',
      ),
      true,
    );
  });

  test("cannot write code into the plan", () => {
    const evil = "/x${process.exit()}`+evil()+`{id}\\";
    const document = {
      openapi: "3.0.3",
      info: { title: "a\nimport evil" },
      servers: [{ url: "http://a.example" }],
      paths: { [evil]: { get: { tags: ["b\n*/ evil"], summary: "c\u2028evil()", responses: {} } } },
    };

    const source = apiPlanSource(readOpenApi(JSON.stringify(document)), "evil.json\nevil()");

    assert.match(source, /`\/x\\\$\$\{given\["process\.exit\(\)"\]\}\\`\+evil\(\)\+\\`\$\{given\.id\}\\\\`/);
    assert.doesNotMatch(source, /^\s*(?:import evil|evil)/m);
  });

  test("of another kind is refused with what to do", () => {
    const broken: [string, RegExp][] = [
      ["openapi: 3.1.0\n", /YAML is not read/],
      ["{}", /no OpenAPI/],
      ['{"swagger":"2.0"}', /Swagger 2/],
      ['{"openapi":"3.1.0","paths":{}}', /no operation/],
      ['{"openapi":"3.1.0","paths":{"/":{"$ref":"other.json"}}}', /put all of it into one file/],
      ['{"openapi":"3.1.0","paths":{"/":{"$ref":"#/nowhere"}}}', /leads nowhere/],
      ['{"openapi":"3.1.0","paths":{"/":{"$ref":"#/paths/~1"}}}', /in a circle/],
    ];
    for (const [text, message] of broken) {
      assert.throws(
        () => readOpenApi(text),
        (error: Error) => error instanceof MusterError && message.test(error.message),
        text,
      );
    }
    const nowhere = readOpenApi(JSON.stringify({ ...shop, servers: undefined }));
    assert.throws(() => apiPlanSource(nowhere, "shop.json"), /--target/);
  });

  test("gives examples that its schemas allow", () => {
    const same = <T>(value: T): T => value;

    assert.equal(schemaExample({ type: "number", exclusiveMinimum: 4 }, same), 4.5);
    assert.equal(schemaExample({ type: "integer", maximum: 0 }, same), 0);
    assert.deepEqual(schemaExample({ type: "array", minItems: 2, items: { type: "boolean" } }, same), [true, true]);
    assert.equal(schemaExample({ type: "string", format: "date" }, same), "2026-01-01");
    assert.equal(schemaExample({ type: ["null", "string"], maxLength: 3 }, same), "exa");
    assert.deepEqual(
      schemaExample(
        {
          allOf: [
            { type: "object", required: ["a"], properties: { a: { const: 1 } } },
            { type: "object", required: ["b"], properties: { b: { default: "x" } } },
          ],
        },
        same,
      ),
      { a: 1, b: "x" },
    );
  });
});
