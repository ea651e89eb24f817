import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { MusterError, type Secret } from "@muster/kernel";
import type { ObjectStorage } from "./object-storage.ts";

/** Where objects are kept, and by which right. */
export interface S3Options {
  readonly bucket: string;
  /** What keys begin with; empty or ending with a slash. */
  readonly prefix: string;
  readonly region: string;
  /** Undefined for Amazon's own. */
  readonly endpoint: string | undefined;
  /** Whether the bucket stands in the path and not in the name of the host. */
  readonly pathStyle: boolean;
  /** Undefined takes those of the machine: a role, a token file, a profile. */
  readonly credentials:
    | { readonly accessKeyId: string; readonly secretAccessKey: Secret; readonly sessionToken: Secret | undefined }
    | undefined;
}

/** What a test may make shorter. */
export interface S3Patience {
  readonly attempts: number;
  readonly connectMs: number;
  /** Without a byte. */
  readonly silentMs: number;
}

const PATIENCE: S3Patience = { attempts: 3, connectMs: 3_000, silentMs: 15_000 };
/** Bytes. S3 takes no smaller parts than 5 MiB, and no more than 10,000: enough for 80 GiB. */
const PART_BYTES = 8 * 1_048_576;
/** Parts that are in memory at the same time. */
const PARTS_AT_ONCE = 2;

/**
 * Keeps objects in a bucket of Amazon S3, or of anything that speaks its language.
 * @param observe told of each request how it ended: with undefined, or with what kept the storage from answering it.
 */
export function openS3Storage(
  options: S3Options,
  patience: S3Patience = PATIENCE,
  observe: (failure: string | undefined) => void = () => undefined,
): ObjectStorage {
  const { bucket, prefix, region, endpoint, pathStyle, credentials } = options;
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: pathStyle,
    ...(credentials && {
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.reveal(),
        ...(credentials.sessionToken && { sessionToken: credentials.sessionToken.reveal() }),
      },
    }),
    maxAttempts: patience.attempts,
    requestHandler: { connectionTimeout: patience.connectMs, socketTimeout: patience.silentMs },
    // Everything is compared with its SHA-256 here; the newer checksums are not known to every server.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key });

  async function named<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      observe(undefined);
      return result;
    } catch (error) {
      throw failed(error);
    }
  }

  function failed(error: unknown): unknown {
    const told = nameStorageError(error, bucket);
    if (told instanceof MusterError) observe(told.code === "storage-unreachable" ? told.message : undefined);
    return told;
  }

  async function look(key: string): ReturnType<ObjectStorage["look"]> {
    try {
      const { ContentLength = 0, LastModified } = await client.send(new HeadObjectCommand(at(key)));
      observe(undefined);
      return { bytes: ContentLength, storedAt: LastModified?.getTime() ?? 0 };
    } catch (error) {
      // The answer to HEAD has no body that could say which of both is missing, object or bucket.
      if (statusOf(error) === 404) return undefined;
      throw failed(error);
    }
  }

  return {
    look,
    putFile: (key, { path, sha256 }) =>
      named(async () => {
        const body = createReadStream(path);
        try {
          const params = { ...at(key), Body: body, Metadata: { sha256 } };
          await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
        } finally {
          body.destroy();
        }
      }),
    read: (key, part) =>
      named(async () => {
        const range = part && { Range: `bytes=${part.start}-${part.end}` };
        const { Body, ContentLength = 0, Metadata } = await client.send(new GetObjectCommand({ ...at(key), ...range }));
        const content = namingErrors(Body as Readable, bucket);
        return { bytes: ContentLength, sha256: Metadata?.["sha256"], content };
      }),
    async remove(key, storedBefore) {
      // Asked again as late as can be: another replica may store the same bytes at this moment.
      if (storedBefore !== undefined && ((await look(key))?.storedAt ?? Infinity) >= storedBefore) return;
      await named(() => client.send(new DeleteObjectCommand(at(key))));
    },
    async *list(start) {
      let token: string | undefined;
      do {
        const request = {
          Bucket: bucket,
          Prefix: prefix + start,
          ...(token !== undefined && { ContinuationToken: token }),
        };
        const page = await named(() => client.send(new ListObjectsV2Command(request)));
        for (const { Key = "", LastModified } of page.Contents ?? []) {
          yield { key: Key.slice(prefix.length), storedAt: LastModified?.getTime() ?? Number.POSITIVE_INFINITY };
        }
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },
    close: () => client.destroy(),
  };
}

/** A body may break off at any byte. */
async function* namingErrors(body: Readable, bucket: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } catch (error) {
    throw nameStorageError(error, bucket);
  }
}

const REFUSALS = new Set([
  "AccessDenied",
  "ExpiredToken",
  "Forbidden",
  "InvalidAccessKeyId",
  "InvalidToken",
  "SignatureDoesNotMatch",
]);

/** Says what is wrong without the address or what the server wrote. */
function nameStorageError(error: unknown, bucket: string): unknown {
  if (error instanceof MusterError) return error;
  const { name = "" } = error as { name?: string };
  // Of our own disk.
  if ((error as { code?: unknown }).code === "ENOSPC") return error;
  if (name === "NoSuchKey")
    return new MusterError("not-found", "the object storage has no such object", { cause: error });
  return new MusterError("storage-unreachable", sentence(name, statusOf(error), bucket), { cause: error });
}

function sentence(name: string, status: number | undefined, bucket: string): string {
  if (name === "NoSuchBucket" || status === 404) return `the object storage has no bucket "${bucket}"`;
  if (REFUSALS.has(name) || status === 401 || status === 403) {
    return `the object storage refuses the credentials for bucket "${bucket}" (${name})`;
  }
  if (name === "CredentialsProviderError") return "there are no credentials for the object storage";
  if (status === undefined) return "the object storage does not answer";
  return `the object storage answered ${status} (${name})`;
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
