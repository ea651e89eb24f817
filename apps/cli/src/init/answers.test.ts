import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigurationSchema, problemsOf } from "@muster/contract";
import fc from "fast-check";
import { addressProblem, serviceName, titleOf } from "./answers.ts";

describe("the name of a service", () => {
  const cases: readonly (readonly [text: string, name: string, title: string])[] = [
    ["@shop/Check Out", "check-out", "Check out"],
    ["my_app", "my-app", "My app"],
    ["...", "service", "Service"],
  ];
  for (const [text, name, title] of cases) {
    it(`made of "${text}" is ${name}, ${title}`, () => {
      assert.equal(serviceName(text), name);
      assert.equal(titleOf(name), title);
    });
  }

  it("always fits the schema", () => {
    const schema = ConfigurationSchema.properties.service.properties.name;

    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        assert.deepEqual(problemsOf(schema, serviceName(text)), []);
      }),
    );
  });
});

describe("an address for a configuration", () => {
  it("says what is wrong with it", () => {
    assert.equal(addressProblem("http://localhost:80"), undefined);
    assert.match(addressProblem("localhost") ?? "", /complete address/);
    assert.match(addressProblem("ws://localhost") ?? "", /must start with http/);
  });
});
