import { readFile } from "node:fs/promises";

/** Muster's version and the runtime's: `muster 0.1.0 (Node 26.10.0, linux x64)`. */
export async function versionLine(): Promise<string> {
  return `muster ${await ownVersion()} (Node ${process.versions.node}, ${process.platform} ${process.arch})`;
}

/** The version of this command, from its package. */
export async function ownVersion(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
