import { dirname, relative, resolve, sep } from "node:path";
import { definePlugin, defineRule, type Context, type ESTree } from "@oxlint/plugins";

/** What each package may import of the others. An app may import any package that its entry names, never another app. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  contract: ["kernel"],
  application: ["kernel", "contract"],
  catalog: ["kernel", "contract"],
  load: ["kernel", "contract"],
  adapters: ["kernel", "contract"],
  report: ["kernel", "contract"],
};

const BELOW_APPS = Object.keys(PACKAGES);

/** Apps that may import less than every package. */
const NARROW_APPS: Readonly<Record<string, readonly string[]>> = {
  console: ["kernel", "contract", "report"],
};

/** Where a module lives: `packages/kernel`, or `apps/cli`; undefined outside both. */
interface Place {
  readonly kind: "packages" | "apps";
  readonly name: string;
  /** Path inside the package, with slashes. */
  readonly inside: string;
}

/**
 * Imports run one way: kernel ← contract ← application, catalog, load, adapters, report ← apps. The kernel
 * imports nothing at all, the contract nothing of Node (the console runs it in a browser), and checks do no I/O.
 */
const layers = defineRule({
  meta: { type: "problem", docs: { description: "imports run one way through the layers" } },
  create(context) {
    const here = placeOf(context.filename, context.cwd);
    if (!here) return {};
    const look = (source: ESTree.Node | null | undefined): void => {
      const specifier = source ? literal(source) : undefined;
      if (source && specifier !== undefined) judge(context, here, source, specifier);
    };
    return {
      ImportDeclaration: (node) => look(node.source),
      ExportNamedDeclaration: (node) => look(node.source),
      ExportAllDeclaration: (node) => look(node.source),
      ImportExpression: (node) => look(node.source),
      TSImportType: (node) => look(node.source),
    };
  },
});

export default definePlugin({ meta: { name: "muster" }, rules: { layers } });

function judge(context: Context, here: Place, node: ESTree.Node, specifier: string): void {
  const report = (message: string): void => context.report({ node, message });
  const isTest = /\.test\.tsx?$/.test(here.inside);

  if (specifier.startsWith(".")) {
    const there = placeOf(resolve(dirname(context.filename), specifier), context.cwd);
    if (!there || there.kind !== here.kind || there.name !== here.name) {
      report(`"${specifier}" leaves ${here.kind}/${here.name}; import another package by its name.`);
    }
    return;
  }
  if (specifier.startsWith("node:")) {
    if (!isTest && mustBePure(here)) {
      report(`${here.kind}/${here.name} must not import "${specifier}": ${pureBecause(here)}.`);
    }
    return;
  }
  const workspace = /^@muster\/([^/]+)/.exec(specifier)?.[1];
  if (workspace === undefined) {
    if (here.name === "kernel" && !isTest) report(`the kernel must not import "${specifier}": it has no dependency.`);
    return;
  }
  if (workspace === here.name) {
    report(`"${specifier}" is this package itself; import the module by its path.`);
  } else if (!BELOW_APPS.includes(workspace)) {
    report(`${here.kind}/${here.name} must not import the app "${specifier}"; start it as a process instead.`);
  } else if (!allowed(here).includes(workspace)) {
    report(
      `${here.kind}/${here.name} must not import "${specifier}": imports run kernel ← contract ← application, catalog, load, adapters, report ← apps.`,
    );
  }
}

function allowed(here: Place): readonly string[] {
  return here.kind === "packages" ? (PACKAGES[here.name] ?? []) : (NARROW_APPS[here.name] ?? BELOW_APPS);
}

function mustBePure(here: Place): boolean {
  return here.kind === "packages" && (here.name === "kernel" || here.name === "contract" || isCheck(here));
}

function isCheck(here: Place): boolean {
  return here.name === "catalog" && here.inside.startsWith("src/checks/");
}

function pureBecause(here: Place): string {
  if (isCheck(here)) return "a check judges facts and does no I/O";
  return here.name === "kernel" ? "it is pure and has no clock and no I/O" : "the console runs it in a browser";
}

function placeOf(file: string, root: string): Place | undefined {
  const [kind, name, ...inside] = relative(root, file).split(sep);
  if ((kind !== "packages" && kind !== "apps") || name === undefined || inside.length === 0) return undefined;
  return { kind, name, inside: inside.join("/") };
}

function literal(node: ESTree.Node): string | undefined {
  return node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}
