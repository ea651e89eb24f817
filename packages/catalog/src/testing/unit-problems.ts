import type { Catalog, CheckUnit } from "@muster/contract";

/** What lies in the folders of the catalogue, beside what is registered. */
export interface UnitFolders {
  /** Names of the folders of collectors and of checks. */
  readonly collectors: readonly string[];
  readonly checks: readonly string[];
  /** Text of each check's test, by the folder's name; absent where there is none. */
  readonly tests: ReadonlyMap<string, string>;
  /** The reference page of all checks. */
  readonly page: string;
}

/** Everything that is half-added: a list of sentences, empty when every unit is complete. */
export function unitProblems(catalog: Catalog, folders: UnitFolders): readonly string[] {
  return [
    ...unregistered("collector", folders.collectors, [...catalog.collectors.keys()]),
    ...unregistered("check", folders.checks, [...catalog.checks.keys()]),
    ...[...catalog.checks.values()].flatMap((check) => [
      ...incomplete(check, catalog),
      ...undocumented(check, folders.page),
      ...untested(check, folders.tests.get(check.id)),
    ]),
    ...[...catalog.collectors.values()].flatMap(({ id, title, facts, timeoutMs }) => [
      ...(facts.id === id ? [] : [`collector ${id} brings facts called ${facts.id}`]),
      ...(title === "" || timeoutMs <= 0 ? [`collector ${id} has no title or no time`] : []),
      ...([...catalog.checks.values()].some((check) => check.requires.includes(id))
        ? []
        : [`collector ${id} serves no check`]),
    ]),
  ];
}

function unregistered(kind: string, folders: readonly string[], ids: readonly string[]): string[] {
  return [
    ...folders.filter((folder) => !ids.includes(folder)).map((folder) => `${kind} folder ${folder} is not registered`),
    ...ids.filter((id) => !folders.includes(id)).map((id) => `${kind} ${id} has no folder of its name`),
  ];
}

function incomplete(check: CheckUnit, catalog: Catalog): string[] {
  const { id, title, failureTitle, why, fix, requires, references, supports, parameters } = check;
  const problems: string[] = [];
  for (const [name, text] of Object.entries({ title, failureTitle, why, fix })) {
    if (text.trim() === "") problems.push(`check ${id} has no ${name}`);
  }
  if (title === failureTitle) problems.push(`check ${id} says the same when it passes and when it fails`);
  if (requires.length === 0) problems.push(`check ${id} looks at no facts`);
  if (references.length === 0) problems.push(`check ${id} names no source`);
  for (const kind of requires) {
    if (!catalog.collectors.has(kind)) problems.push(`check ${id} needs ${kind}, which no collector brings`);
  }
  for (const clause of supports) {
    if (!/^[a-z0-9.-]+:\S+$/.test(clause))
      problems.push(`check ${id} supports "${clause}", which is no framework:clause`);
  }
  for (const [name, schema] of Object.entries(parameters.properties)) {
    const { description } = schema as { description?: string };
    if (!description) problems.push(`check ${id} does not describe its parameter ${name}`);
  }
  return problems;
}

function undocumented(check: CheckUnit, page: string): string[] {
  const at = page.indexOf(`\n### ${check.id}\n`);
  if (at < 0) return [`check ${check.id} is not in the reference page: npm run docs`];
  const section = page.slice(at, page.indexOf("\n### ", at + 5) === -1 ? undefined : page.indexOf("\n### ", at + 5));
  const missing = [check.why, check.fix].filter((text) => !section.includes(text));
  return missing.length === 0 ? [] : [`the reference page is behind check ${check.id}: npm run docs`];
}

function untested(check: CheckUnit, test: string | undefined): string[] {
  if (test === undefined) return [`check ${check.id} has no test`];
  return ["fail", "pass"].flatMap((outcome) =>
    test.includes(`"${outcome}"`) ? [] : [`the test of check ${check.id} shows no ${outcome}`],
  );
}
