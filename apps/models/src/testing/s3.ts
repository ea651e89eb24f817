import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@muster/kernel";
import S3rver from "s3rver";
import type { S3Options } from "../adapters/s3/s3-storage.ts";

const BUCKET = "muster-test";
/** The one key that this server knows. */
const KEY = "S3RVER";

/** An S3 server over real HTTP, with one bucket. */
export interface TemporaryS3 {
  readonly options: S3Options;
  /** Variables with which a service uses it. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the server keeps its objects. */
  readonly folder: string;
  stop(): Promise<void>;
  /** Starts it again on the same port and objects. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function temporaryS3(): Promise<TemporaryS3> {
  const folder = await mkdtemp(join(tmpdir(), "muster-s3-"));
  const create = (port: number): S3rver =>
    new S3rver({
      address: "127.0.0.1",
      port,
      silent: true,
      directory: folder,
      vhostBuckets: false,
      configureBuckets: [{ name: BUCKET }],
    });
  let server = create(0);
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    folder,
    options: {
      bucket: BUCKET,
      prefix: "here/",
      region: "eu-test-1",
      endpoint,
      pathStyle: true,
      credentials: { accessKeyId: KEY, secretAccessKey: new Secret(KEY), sessionToken: undefined },
    },
    env: {
      STORAGE_URL: `s3://${BUCKET}/here?endpoint=${endpoint}&region=eu-test-1`,
      AWS_ACCESS_KEY_ID: KEY,
      AWS_SECRET_ACCESS_KEY: KEY,
    },
    stop: () => server.close(),
    async start() {
      server = create(port);
      await server.run();
    },
    async close() {
      await server.close().catch(() => undefined);
      await rm(folder, { recursive: true });
    },
  };
}
