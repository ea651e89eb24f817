import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Catalog, type Configuration, validateConfiguration } from "@muster/contract";
import { MusterError } from "@muster/kernel";

/**
 * Loads and validates a configuration. The file may stand anywhere: `import … from "muster"` is
 * answered with Muster's own contract, whether or not the package is installed beside the file.
 *
 * @throws {MusterError} `config-missing` when there is no such file, `config-invalid` with every problem.
 */
export async function loadConfiguration(path: string, catalog: Catalog): Promise<Configuration> {
  const file = resolve(path);
  if (!existsSync(file)) throw new MusterError("config-missing", `there is no file ${file}`);
  const module = await importConfiguration(file);
  const value: unknown = await module["default"];
  if (value === undefined) {
    throw new MusterError("config-invalid", `${file} exports nothing`, {
      problems: [{ path: "export default", message: "is missing; it must be defineConfig({ … })" }],
    });
  }
  try {
    return validateConfiguration(value, catalog);
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    throw new MusterError(error.code, `${file}: ${error.message}`, { problems: error.problems });
  }
}

async function importConfiguration(file: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file).href;
  const contract = import.meta.resolve("@muster/contract");
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "muster" ? { url: contract, shortCircuit: true } : next(specifier, context),
    // The folder's package.json may say CommonJS, or nothing; the configuration is a module all the same.
    load: (address, context, next) =>
      next(
        address,
        address === url ? { ...context, format: file.endsWith(".ts") ? "module-typescript" : "module" } : context,
      ),
  });
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw loadingFailed(file, url, error);
  } finally {
    hooks.deregister();
  }
}

function loadingFailed(file: string, url: string, error: unknown): MusterError {
  const [sentence = "it failed without saying why"] = (error instanceof Error ? error.message : String(error)).split(
    "\n",
  );
  const place = error instanceof Error ? placeIn(url, error.stack ?? "") : undefined;
  return new MusterError("config-invalid", `${file} could not be loaded`, {
    problems: [{ path: place === undefined ? file : `line ${place}`, message: sentence }],
    cause: error,
  });
}

/** Line and column that a stack names for the file. */
function placeIn(url: string, stack: string): string | undefined {
  const at = stack.indexOf(`${url}:`);
  return at === -1 ? undefined : /^\d+(:\d+)?/.exec(stack.slice(at + url.length + 1))?.[0];
}
