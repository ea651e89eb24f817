import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";
import { COMMANDS, findCommand } from "@muster/cli";
import { ConfigurationSchema } from "@muster/contract";
import { ERRORS } from "@muster/kernel";
import { ROOT } from "../../tools/test/suites.ts";
import { anchorsOf, blocksOf, type Page, pages, proseOf } from "./pages.ts";
import { RUN_ELSEWHERE } from "./shell.ts";

const ALL = pages();
/** What happens to a block: shell is run, TypeScript is type-checked, JSON is parsed, the rest is only to be read. */
const LANGUAGES = new Set(["sh", "ts", "json", "jsonl", "sql", "graphql", "text"]);

function page(path: string): Page {
  const found = ALL.find((each) => each.path === path);
  assert.ok(found, `${path} is there`);
  return found;
}

describe("every page", () => {
  for (const each of ALL) {
    it(`${each.path} links to what exists`, () => {
      const links = [...proseOf(each).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);

      for (const target of links.filter((link) => !/^[a-z]+:/.test(link))) {
        const [file = "", anchor] = target.split("#");
        const path = file === "" ? each.path : relative(ROOT, join(ROOT, dirname(each.path), file));
        assert.ok(existsSync(join(ROOT, path)), `${target} exists`);
        if (anchor !== undefined && path.endsWith(".md")) {
          assert.ok(anchorsOf(page(path)).has(anchor), `${target} is a heading`);
        }
      }
    });

    it(`${each.path} says of every block what it is`, () => {
      for (const block of blocksOf(each)) {
        assert.ok(LANGUAGES.has(block.language), `line ${block.line}: "${block.language}"`);
      }
    });

    it(`${each.path} shows JSON that is JSON`, () => {
      for (const { language, text, line } of blocksOf(each)) {
        const values = language === "json" ? [text] : language === "jsonl" ? text.split("\n") : [];
        for (const value of values) assert.doesNotThrow(() => JSON.parse(value), `line ${line}`);
      }
    });

    it(`${each.path} names commands that exist, with options that they have`, () => {
      const inline = [...proseOf(each).matchAll(/`(?:npx )?muster ([^`]+)`/g)].map(([, words = ""]) => words);

      // A word in angle brackets or an ellipsis stands for something else.
      for (const words of inline.filter((line) => !/[<…|]/.test(line) && line !== "--version")) {
        const argv = words.match(/"[^"]*"|\S+/g) ?? [];
        const command = findCommand(argv, COMMANDS);
        const isGroup = COMMANDS.some(({ name }) => name.startsWith(`${words} `));
        assert.ok(command ?? isGroup, `muster ${words}`);
        for (const option of argv.filter((word) => word.startsWith("--"))) {
          const [name = ""] = option.slice(2).split("=");
          assert.ok(command && (name === "help" || name in command.options), `muster ${words}`);
        }
      }
    });

    it(`${each.path} names scripts that exist`, () => {
      for (const [, name = "", app] of each.text.matchAll(/npm run ([a-z:]+)(?: -w @muster\/([a-z]+))?/g)) {
        const folder = app === undefined ? ROOT : join(ROOT, "apps", app);
        const { scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { scripts: object };
        assert.ok(name in scripts, name);
      }
    });
  }
});

describe("the reference", () => {
  it("has a section for every error, and no other", () => {
    const headings = [...page("docs/reference/errors.md").text.matchAll(/^## (.+)$/gm)].map(([, code]) => code);

    assert.deepEqual(new Set(headings), new Set(Object.keys(ERRORS)));
  });

  it("has a section for every command, and no other", () => {
    const headings = [...page("docs/reference/commands.md").text.matchAll(/^## muster (.+)$/gm)].map(
      ([, name]) => name,
    );

    assert.deepEqual(
      headings,
      COMMANDS.map((command) => command.name),
    );
  });

  it("has a row for every member of the configuration", () => {
    const { text } = page("docs/reference/configuration.md");

    for (const name of memberNames(ConfigurationSchema)) assert.ok(text.includes(`| \`${name}\``), name);
  });

  it("is linked from the README", () => {
    for (const { path } of ALL.filter((each) => each.path.startsWith("docs/reference/"))) {
      assert.ok(page("README.md").text.includes(`](${path})`), path);
    }
  });
});

describe("lines that are not run as they stand", () => {
  const lines = ALL.flatMap((each) => blocksOf(each))
    .filter((block) => block.language === "sh")
    .flatMap((block) => block.text.split("\n"));

  for (const [line, where] of RUN_ELSEWHERE) {
    it(`are still in the documentation, and run elsewhere: ${line}`, () => {
      assert.ok(lines.includes(line), "a page has this line");
      assert.ok(readFileSync(join(ROOT, where.file), "utf8").includes(where.contains), `${where.file} has it`);
    });
  }
});

function memberNames(schema: object): string[] {
  const {
    properties = {},
    items,
    patternProperties = {},
  } = schema as {
    properties?: Record<string, object>;
    items?: object;
    patternProperties?: Record<string, object>;
  };
  const inner = [...Object.values(properties), ...(items ? [items] : []), ...Object.values(patternProperties)];
  return [...Object.keys(properties), ...inner.flatMap(memberNames)];
}
