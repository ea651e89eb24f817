import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MusterError, type Problem } from "@muster/kernel";
import Type from "typebox";
import type { Catalog } from "../unit/catalog.ts";
import { defineCheck } from "../unit/check.ts";
import type { Configuration } from "./schema.ts";
import { gateOf, plannedChecks, validateConfiguration } from "./validate.ts";

const doorOpen = defineCheck({
  id: "door-open",
  title: "The door is open",
  failureTitle: "The door is shut",
  why: "People come in by it.",
  fix: "Open it.",
  category: "health",
  severity: "low",
  requires: [],
  parameters: Type.Object({ width: Type.Integer({ minimum: 1, default: 80, description: "Centimetres" }) }),
  supports: [],
  references: [],
  judge: () => ({ outcome: "pass", summary: "open" }),
});
const catalog: Catalog = { collectors: new Map(), checks: new Map([["door-open", doorOpen]]) };

const good: Configuration = {
  service: { name: "house", title: "House", owner: "family" },
  environments: { home: { url: "http://127.0.0.1:1", allow: [] } },
  checks: [{ check: "door-open" }],
  controls: [{ id: "open", title: "Open", checks: ["door-open"] }],
  gates: { visit: { environment: "home", controls: "all" } },
};

function problemsIn(value: unknown): readonly Problem[] {
  try {
    validateConfiguration(value, catalog);
    return [];
  } catch (error) {
    assert.ok(error instanceof MusterError);
    assert.equal(error.code, "config-invalid");
    return error.problems;
  }
}

describe("validateConfiguration", () => {
  it("takes a configuration that holds as it is", () => {
    assert.equal(validateConfiguration(good, catalog), good);
  });

  it("names every problem at once, each with its path and what is allowed", () => {
    const problems = problemsIn({
      ...good,
      service: { name: "House!", title: "House" },
      environments: { home: { url: "ftp://x", allow: ["everything"], colour: "red" } },
    });

    assert.deepEqual(problems, [
      { path: "service.owner", message: "is missing" },
      { path: "service.name", message: "is not in the form it needs: Lower-case letters, digits and hyphens" },
      { path: "environments.home.colour", message: "is not known here" },
      {
        path: "environments.home.url",
        message: "is not in the form it needs: Base address; not needed where `process` is given",
      },
      { path: "environments.home.allow.0", message: 'must be one of "audit", "load"' },
    ]);
  });

  const wrongReferences: readonly [name: string, change: Partial<Configuration>, path: string, message: RegExp][] = [
    [
      "an unknown check, with the nearest",
      { checks: [{ check: "door-shut" }] },
      "checks.0.check",
      /did you mean one of "door-open"/,
    ],
    [
      "a check that is planned twice",
      { checks: [{ check: "door-open" }, { check: "door-open" }] },
      "checks.1.check",
      /planned twice/,
    ],
    [
      "a parameter out of range",
      { checks: [{ check: "door-open", with: { width: 0 } }] },
      "checks.0.with.width",
      />= 1/,
    ],
    [
      "a parameter that the check does not have",
      { checks: [{ check: "door-open", with: { height: 2 } }] },
      "checks.0.with.height",
      /not known here/,
    ],
    [
      "a control on a check that is not planned",
      { controls: [{ id: "open", title: "Open", checks: ["window"] }] },
      "controls.0.checks.0",
      /not among the checks/,
    ],
    ["a control declared twice", { controls: [...good.controls, ...good.controls] }, "controls.1.id", /declared twice/],
    [
      "a gate on an unknown environment",
      { gates: { visit: { environment: "moon", controls: "all" } } },
      "gates.visit.environment",
      /must be one of "home"/,
    ],
    [
      "a gate on an unknown control",
      { gates: { visit: { environment: "home", controls: ["shut"] } } },
      "gates.visit.controls.0",
      /must be one of "open"/,
    ],
    [
      "an environment that is nowhere",
      { environments: { home: { allow: [] } } },
      "environments.home",
      /needs a url, or a process/,
    ],
    [
      "a model platform elsewhere that Muster has no key for",
      { environments: { home: { url: "http://x", allow: [], models: {} } } },
      "environments.home.models.key",
      /must name the variable with an API key/,
    ],
    [
      "a load that is not allowed",
      { environments: { home: { url: "http://x", allow: [], load: { path: "/", ratePerSecond: 1, duration: "1s" } } } },
      "environments.home.allow",
      /must contain "load"/,
    ],
  ];
  for (const [name, change, path, message] of wrongReferences) {
    it(`refuses ${name}`, () => {
      const problems = problemsIn({ ...good, ...change });

      assert.equal(problems[0]?.path, path);
      assert.match(problems[0]?.message ?? "", message);
    });
  }

  it("fills in parameters and how long evidence is good", () => {
    assert.deepEqual(plannedChecks(good, catalog), [
      { check: "door-open", parameters: { width: 80 }, validForMs: 86_400_000 },
    ]);
  });

  it("gives a gate its controls, owned by the service's owner unless they say otherwise", () => {
    const gate = gateOf(good, "visit");

    assert.deepEqual(gate.controls, [
      { id: "open", title: "Open", owner: "family", checks: ["door-open"], acceptWarnings: false },
    ]);
    assert.throws(() => gateOf(good, "moon"), /no gate is called "moon"; there is "visit"/);
  });
});
