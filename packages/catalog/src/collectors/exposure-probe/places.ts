/** A place that is often left open, and how its content is told from a page that only says hello. */
export interface Place {
  readonly path: string;
  readonly kind: string;
  /** Matches the beginning of the content, read as Latin-1. */
  readonly content: RegExp;
}

/**
 * Each has a pattern that no error page or single-page application matches by chance: presence alone
 * is how scanners come to report every backup file of a server that answers 200 to everything.
 */
export const PLACES: readonly Place[] = [
  { path: "/.git/HEAD", kind: "Git repository", content: /^(ref: refs\/|[0-9a-f]{40}\s*$)/ },
  { path: "/.svn/wc.db", kind: "Subversion working copy", content: /^SQLite format 3/ },
  { path: "/.hg/requires", kind: "Mercurial repository", content: /^(?=[\s\S]*\b(revlogv1|store)\b)[a-z0-9-]+\s/ },
  { path: "/.env", kind: "environment file", content: /^(\s*(#.*)?\r?\n)*(export )?[A-Z][A-Z0-9_]{2,}=/ },
  { path: "/.aws/credentials", kind: "cloud credentials", content: /^\s*\[[\w-]+\]\s*aws_access_key_id/i },
  { path: "/.htpasswd", kind: "password file", content: /^[^\s:<]{1,64}:(\$(apr1|2[aby]|5|6)\$|\{SHA\})/ },
  { path: "/id_rsa", kind: "private key", content: /^-----BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY-----/ },
  { path: "/backup.sql", kind: "database dump", content: /^(--\s*\r?\n)?-- (MySQL|MariaDB|PostgreSQL database) dump/ },
  { path: "/dump.sql", kind: "database dump", content: /^(--\s*\r?\n)?-- (MySQL|MariaDB|PostgreSQL database) dump/ },
  { path: "/phpinfo.php", kind: "PHP information page", content: /<title>[^<]*phpinfo\(\)/i },
  { path: "/server-status", kind: "Apache status page", content: /<title>Apache Status<\/title>/i },
  { path: "/actuator/env", kind: "Spring environment", content: /^\s*\{[\s\S]*"propertySources"\s*:/ },
  { path: "/debug/pprof/", kind: "Go profiler", content: /Types of profiles available:/ },
];

/** A path beside another, with the same folder and extension, and a name that cannot exist. */
export function controlBeside(path: string, label: string): string {
  const [, folder = "/", file = ""] = /^(.*\/)([^/]*)$/.exec(path) ?? [];
  const dot = file.lastIndexOf(".");
  return `${folder}${dot === 0 ? "." : ""}${label}${dot > 0 ? file.slice(dot) : ""}`;
}
