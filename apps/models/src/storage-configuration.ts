import { type Problem, Secret } from "@muster/kernel";
import type { S3Options } from "./adapters/s3/s3-storage.ts";

/** Object storage, where replicas share files. */
export interface StorageConfiguration extends S3Options {
  /** Bytes of copies on disk, beside those that were used within the last hour. */
  readonly maxCopyBytes: number;
}

const DEFAULT_REGION = "us-east-1";

/** Reads where files are kept; undefined keeps them on disk. Adds what does not hold to the problems. */
export function readStorage(
  env: Readonly<Record<string, string | undefined>>,
  maxCopyBytes: number,
  problems: Problem[],
): StorageConfiguration | undefined {
  const text = env["STORAGE_URL"];
  const accessKeyId = env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = env["AWS_SESSION_TOKEN"];
  const awsRegion = env["AWS_REGION"];
  if (!text) return undefined;
  const refuse = (path: string, message: string): void => void problems.push({ path, message });

  const url = URL.parse(text);
  if (url?.protocol !== "s3:" || url.hostname === "" || url.username !== "" || url.port !== "") {
    // Its text is not repeated: somebody may have put a key into it.
    refuse("STORAGE_URL", "must be s3://bucket/prefix?region=…&endpoint=…, without credentials");
    return undefined;
  }
  for (const name of url.searchParams.keys()) {
    if (!["region", "endpoint", "path-style"].includes(name)) {
      refuse("STORAGE_URL", `does not know "${name}"; it takes region, endpoint and path-style`);
    }
  }
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? "")) {
    refuse("STORAGE_URL", "must have an http or https address as endpoint");
  }
  const pathStyle = url.searchParams.get("path-style") ?? (endpoint === undefined ? "0" : "1");
  if (pathStyle !== "0" && pathStyle !== "1") refuse("STORAGE_URL", "must have 0 or 1 as path-style");
  if (Boolean(accessKeyId) !== Boolean(secretAccessKey)) {
    refuse(accessKeyId ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID", "is missing; the other half is there");
  }
  const path = decodeURIComponent(url.pathname).replaceAll(/^\/+|\/+$/g, "");
  return {
    bucket: url.hostname,
    prefix: path === "" ? "" : `${path}/`,
    region: url.searchParams.get("region") || awsRegion || DEFAULT_REGION,
    endpoint,
    pathStyle: pathStyle === "1",
    credentials:
      accessKeyId && secretAccessKey
        ? {
            accessKeyId,
            secretAccessKey: new Secret(secretAccessKey),
            sessionToken: sessionToken ? new Secret(sessionToken) : undefined,
          }
        : undefined,
    maxCopyBytes,
  };
}
