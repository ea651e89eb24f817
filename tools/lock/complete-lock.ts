/** An entry of `packages` in package-lock.json, as far as this needs it. */
interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The content of package-lock.json. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];
/** Names of the C library, and what npm calls it. */
const LIBRARIES: Readonly<Record<string, string>> = {
  gnu: "glibc",
  gnueabihf: "glibc",
  musl: "musl",
  musleabihf: "musl",
};

/**
 * Entries that a lock file lacks: optional packages for other platforms, which npm leaves out when the
 * registry at hand does not have them. Without an entry `npm ci` refuses to work, on every platform.
 * Each gets its exact version and the platform that its name tells; it is only ever fetched there.
 */
export function missingEntries(lock: Lock): Record<string, LockEntry> {
  const missing: Record<string, LockEntry> = {};
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(lock, path, name) || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) continue;
      const { cpu, libc, os } = platformOf(name);
      // In the order in which npm writes them, so that its next change to the file shows only what changed.
      missing[`node_modules/${name}`] = {
        version,
        ...(cpu.length > 0 ? { cpu } : {}),
        ...(entry.dev === true ? { dev: true } : {}),
        ...(libc.length > 0 ? { libc } : {}),
        optional: true,
        ...(os.length > 0 ? { os } : {}),
      };
    }
  }
  return missing;
}

/** The lock with what it lacked, in npm's order. */
export function completeLock(lock: Lock): Lock {
  const packages = Object.entries({ ...lock.packages, ...missingEntries(lock) });
  return { ...lock, packages: Object.fromEntries(packages.sort(([a], [b]) => a.localeCompare(b, "en"))) };
}

/** Node looks for a package in the folder of the one that needs it, then in every folder above. */
function isLocked(lock: Lock, from: string, name: string): boolean {
  for (let folder = from; ;) {
    if (`${folder === "" ? "" : `${folder}/`}node_modules/${name}` in lock.packages) return true;
    if (folder === "") return false;
    const at = folder.lastIndexOf("/node_modules/");
    folder = at === -1 ? "" : folder.slice(0, at);
  }
}

function platformOf(name: string): Required<Pick<LockEntry, "os" | "cpu" | "libc">> {
  const words = (name.split("/").at(-1) ?? "").split("-");
  const os = words.filter((word) => SYSTEMS.includes(word));
  return {
    os,
    cpu: words.filter((word) => PROCESSORS.includes(word)),
    libc: os.includes("linux") ? words.flatMap((word) => LIBRARIES[word] ?? []) : [],
  };
}
