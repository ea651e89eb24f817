import { relative } from "node:path";

/** A path as a person would type it from here: relative when it is below the folder, otherwise in full. */
export function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") ? path : short;
}
