import { durationMs, type Gate, MusterError, type PlannedCheck, type Problem } from "@muster/kernel";
import { Value } from "typebox/value";
import { problemsOf } from "../schema/problems.ts";
import type { Catalog } from "../unit/catalog.ts";
import { type Configuration, ConfigurationSchema } from "./schema.ts";

/** How long evidence is good when the configuration does not say. */
const DEFAULT_FRESH_FOR = "24h";

/** Lets an editor complete and check `muster.config.ts`. Validation happens when Muster loads the file. */
export function defineConfig(configuration: Configuration): Configuration {
  return configuration;
}

/**
 * Checks a configuration against its schema, the catalogue and itself.
 * @throws {MusterError} `config-invalid` with every problem at once, each with its path and what is allowed.
 */
export function validateConfiguration(value: unknown, catalog: Catalog): Configuration {
  const shape = problemsOf(ConfigurationSchema, value);
  // References can only be followed in a value of the right shape; parameters and names are still checked where that part holds.
  const problems = [...shape, ...(shape.length === 0 ? referenceProblems(value as Configuration, catalog) : [])];
  if (problems.length > 0) {
    throw new MusterError(
      "config-invalid",
      `the configuration has ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
      { problems },
    );
  }
  return value as Configuration;
}

function referenceProblems(configuration: Configuration, catalog: Catalog): Problem[] {
  const problems: Problem[] = [];
  const known = [...catalog.checks.keys()];
  const planned = new Set(configuration.checks.map((each) => each.check));
  const seen = new Set<string>();
  for (const [index, each] of configuration.checks.entries()) {
    const path = `checks.${index}`;
    const unit = catalog.checks.get(each.check);
    if (!unit) {
      problems.push({
        path: `${path}.check`,
        message: `no check is called "${each.check}"; ${didYouMean(each.check, known)}`,
      });
      continue;
    }
    if (seen.has(each.check)) problems.push({ path: `${path}.check`, message: `"${each.check}" is planned twice` });
    seen.add(each.check);
    const parameters = { ...unit.defaults, ...each.with };
    for (const problem of problemsOf({ ...unit.parameters, additionalProperties: false }, parameters)) {
      problems.push({ path: `${path}.with.${problem.path}`, message: problem.message });
    }
  }
  const controls = new Set<string>();
  for (const [index, control] of configuration.controls.entries()) {
    if (controls.has(control.id))
      problems.push({ path: `controls.${index}.id`, message: `"${control.id}" is declared twice` });
    controls.add(control.id);
    for (const [at, check] of control.checks.entries()) {
      if (!planned.has(check)) {
        problems.push({
          path: `controls.${index}.checks.${at}`,
          message: `"${check}" is not among the checks of this configuration; ${didYouMean(check, [...planned])}`,
        });
      }
    }
  }
  for (const [name, environment] of Object.entries(configuration.environments)) {
    if (environment.url === undefined && environment.process === undefined) {
      problems.push({ path: `environments.${name}`, message: "needs a url, or a process to start" });
    }
    if (environment.models && environment.url !== undefined && environment.models.key === undefined) {
      problems.push({
        path: `environments.${name}.models.key`,
        message: "must name the variable with an API key, because Muster does not start this platform itself",
      });
    }
    if (environment.load && !environment.allow.includes("load")) {
      problems.push({
        path: `environments.${name}.allow`,
        message: 'must contain "load", because a load is configured',
      });
    }
  }
  for (const [name, gate] of Object.entries(configuration.gates)) {
    if (!(gate.environment in configuration.environments)) {
      problems.push({
        path: `gates.${name}.environment`,
        message: `must be one of ${list(Object.keys(configuration.environments))}`,
      });
    }
    if (gate.controls === "all") continue;
    for (const [at, control] of gate.controls.entries()) {
      if (!controls.has(control)) {
        problems.push({ path: `gates.${name}.controls.${at}`, message: `must be one of ${list([...controls])}` });
      }
    }
  }
  return problems;
}

/** The checks that a configuration asks for, with every parameter filled in. */
export function plannedChecks(configuration: Configuration, catalog: Catalog): readonly PlannedCheck[] {
  return configuration.checks.map((each) => {
    const unit = catalog.checks.get(each.check);
    return {
      check: each.check,
      parameters: Value.Default(unit?.parameters ?? {}, { ...each.with }) as PlannedCheck["parameters"],
      validForMs: durationMs(each.freshFor ?? DEFAULT_FRESH_FOR),
    };
  });
}

/** A gate of the configuration with its controls. @throws {MusterError} `not-found` for a name it does not have. */
export function gateOf(configuration: Configuration, name: string): Gate {
  const gate = configuration.gates[name];
  if (!gate)
    throw new MusterError(
      "not-found",
      `no gate is called "${name}"; there is ${list(Object.keys(configuration.gates))}`,
    );
  const wanted = gate.controls;
  return {
    id: name,
    title: gate.title ?? name,
    controls: configuration.controls
      .filter((control) => wanted === "all" || wanted.includes(control.id))
      .map((control) => ({
        id: control.id,
        title: control.title,
        owner: control.owner ?? configuration.service.owner,
        checks: control.checks,
        acceptWarnings: control.acceptWarnings ?? false,
      })),
  };
}

function didYouMean(name: string, known: readonly string[]): string {
  const words = name.split("-");
  const near = known.filter((each) => each.split("-").some((word) => words.includes(word)));
  return `${near.length > 0 ? "did you mean one of" : "there is"} ${list(near.length > 0 ? near : known)}`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
