import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MusterError, Secret } from "@muster/kernel";
import { artefactStoreContract } from "../../testing/artefact-store.contract.ts";
import { datasetFilesContract } from "../../testing/dataset-files.contract.ts";
import { temporaryS3, type TemporaryS3 } from "../../testing/s3.ts";
import { streamOf } from "../../testing/streams.ts";
import { artefactPath } from "../files/file-artefact-store.ts";
import { evictCopies } from "./local-copies.ts";
import type { ObjectStorage } from "./object-storage.ts";
import { openS3ArtefactStore } from "./s3-artefact-store.ts";
import { openS3Datasets } from "./s3-datasets.ts";
import { openS3Storage, type S3Options } from "./s3-storage.ts";

/** For storages that are known not to answer; the others get the usual time, whatever the machine does besides. */
const QUICK = { attempts: 1, connectMs: 500, silentMs: 500 };
const ONCE = { attempts: 1, connectMs: 10_000, silentMs: 10_000 };
const HOUR = 3_600_000;

let s3: TemporaryS3;
let parent: string;
/** Each test has a part of the bucket of its own. */
let parts = 0;
before(async () => {
  s3 = await temporaryS3();
  parent = await mkdtemp(join(tmpdir(), "muster-s3-copies-"));
});
after(async () => {
  await s3.close();
  await rm(parent, { recursive: true });
});

function freshPart(): ObjectStorage {
  parts += 1;
  return openS3Storage({ ...s3.options, prefix: `${parts}/` });
}

/** Stores of a machine that has no copies yet. */
async function machine(objects: ObjectStorage) {
  const folder = await mkdtemp(join(parent, "machine-"));
  const now = Date.now;
  const artefacts = await openS3ArtefactStore({
    storage: objects,
    prefix: "artefacts/",
    folder: join(folder, "a"),
    now,
  });
  const datasets = await openS3Datasets({
    storage: objects,
    prefix: "datasets/",
    folder: join(folder, "d"),
    maxCopyBytes: 1e9,
    otherCopies: [],
    now,
  });
  return { folder, artefacts, datasets };
}

artefactStoreContract("artefacts in object storage", async () => (await machine(freshPart())).artefacts);
datasetFilesContract("files of datasets in object storage", async () => (await machine(freshPart())).datasets);

test("what one machine stores another reads, fetching it once however many ask", async () => {
  const objects = freshPart();
  const [a, b] = [await machine(objects), await machine(objects)];
  const { digest } = await a.artefacts.put(streamOf("model"), 100);
  const upload = await a.datasets.putUpload(streamOf("a,b\n"), 100);
  const work = await a.datasets.workPath();
  await writeFile(work, "rows");
  const table = await a.datasets.keepTable(work);

  const reads = await Promise.all(Array.from({ length: 4 }, () => b.artefacts.read(digest)));

  assert.deepEqual(new Set(reads.map((bytes) => Buffer.from(bytes).toString())), new Set(["model"]));
  assert.equal(await readFile(await b.datasets.uploadPath(upload.digest), "utf8"), "a,b\n");
  const paths = await Promise.all(Array.from({ length: 4 }, () => b.datasets.tablePath(table)));
  assert.equal(await readFile(paths[0] ?? "", "utf8"), "rows");
  assert.deepEqual(await readdir(join(b.folder, "a", "incoming")), []);
  assert.deepEqual(await readdir(join(b.folder, "d", "work")), []);
});

test("objects have the names that files have in a folder, so that either can be copied to the other", async () => {
  const objects = freshPart();
  const { artefacts, datasets } = await machine(objects);
  const { digest } = await artefacts.put(streamOf("model"), 100);
  const upload = await datasets.putUpload(streamOf("a,b\n"), 100);
  const work = await datasets.workPath();
  await writeFile(work, "rows");
  const table = await datasets.keepTable(work);

  const keys: string[] = [];
  for await (const { key } of objects.list("")) keys.push(key);

  assert.deepEqual(
    keys.toSorted(),
    [
      `artefacts/${artefactPath("", digest)}`,
      `datasets/tables/${table}.duckdb`,
      `datasets/uploads/${artefactPath("", upload.digest)}`,
    ].toSorted(),
  );
});

test("a copy that was damaged is fetched again; an object that was damaged is noticed and not kept", async () => {
  const objects = freshPart();
  const [a, b] = [await machine(objects), await machine(objects)];
  const { digest } = await a.artefacts.put(streamOf("model"), 100);
  await writeFile(artefactPath(join(a.folder, "a"), digest), "nodel");

  assert.equal(Buffer.from(await a.artefacts.read(digest)).toString(), "model");

  const wrong = join(parent, "wrong");
  await writeFile(wrong, "wrong");
  const sha256 = "0".repeat(64);
  await objects.putFile(`artefacts/${artefactPath("", digest)}`, { path: wrong, sha256 });
  const table = "00000000-0000-4000-8000-000000000000";
  await objects.putFile(`datasets/tables/${table}.duckdb`, { path: wrong, sha256 });
  await assert.rejects(b.artefacts.read(digest), { code: "model-invalid" });
  await assert.rejects(b.datasets.tablePath(table), { code: "data-invalid" });
  assert.deepEqual(await readdir(join(b.folder, "d", "tables")), []);
  assert.deepEqual(await readdir(join(b.folder, "d", "work")), []);
  // Nor under the digest that it really has.
  const kept = await readdir(join(b.folder, "a", "sha256"), { recursive: true, withFileTypes: true });
  assert.equal(kept.filter((entry) => entry.isFile()).length, 0);
});

test("copies that were used longest ago make room, but none that a program may be about to open", async () => {
  const folder = join(parent, "copies");
  await mkdir(folder);
  for (const [name, hoursAgo] of [
    ["a", 4],
    ["b", 3],
    ["c", 2],
    ["d", 0],
  ] as const) {
    await writeFile(join(folder, name), Buffer.alloc(100));
    const at = Date.now() / 1_000 - hoursAgo * 3_600;
    await utimes(join(folder, name), at, at);
  }

  await evictCopies([folder, join(folder, "not-there")], 250, Date.now() - HOUR);
  assert.deepEqual(await readdir(folder), ["c", "d"]);
  await evictCopies([folder], 0, Date.now() - HOUR);

  assert.deepEqual(await readdir(folder), ["d"]);
});

test("a copy that is used counts as used now, and one that made room is fetched again", async () => {
  const { artefacts, folder } = await machine(freshPart());
  const { digest } = await artefacts.put(streamOf("model"), 100);
  const path = artefactPath(join(folder, "a"), digest);
  await utimes(path, 1, 1);

  await artefacts.read(digest);
  assert.ok((await stat(path)).mtimeMs > Date.now() - HOUR);
  await rm(path);

  assert.equal(Buffer.from(await artefacts.read(digest)).toString(), "model");
});

/** What somebody is told who uses a storage that does not work. */
async function failureOf(options: Partial<S3Options>): Promise<MusterError> {
  const patience = options.endpoint === undefined ? ONCE : QUICK;
  const objects = openS3Storage({ ...s3.options, ...options }, patience);
  const { artefacts } = await machine(objects);
  const failures = await Promise.allSettled([
    artefacts.put(streamOf("model"), 100),
    artefacts.has("0".repeat(64)),
    artefacts.read("0".repeat(64)),
    artefacts.storedBefore(0),
    artefacts.remove("0".repeat(64), 0),
  ]);
  objects.close();
  const [first, ...others] = failures.map((each) =>
    each.status === "rejected" ? (each.reason as unknown) : undefined,
  );
  assert.ok(first instanceof MusterError, String(first));
  for (const each of others) {
    // HEAD of a bucket that is not there looks as that of an object that is not there.
    if (each === undefined && /no bucket/.test(first.message)) continue;
    assert.ok(each instanceof MusterError && each.code === "storage-unreachable", String(each));
  }
  return first;
}

const credentials = (accessKeyId: string, secret: string): S3Options["credentials"] => ({
  accessKeyId,
  secretAccessKey: new Secret(secret),
  sessionToken: undefined,
});

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("wrong credentials, no bucket, no server: each is named, without secret or address", async () => {
  const cases: readonly (readonly [Partial<S3Options>, RegExp])[] = [
    [{ credentials: credentials("nobody", "hunter2") }, /refuses the credentials .*InvalidAccessKeyId/],
    [{ bucket: "not-there" }, /has no bucket "not-there"/],
    [{ endpoint: "http://127.0.0.1:1" }, /does not answer/],
  ];
  for (const [options, sentence] of cases) {
    const error = await failureOf(options);

    assert.match(error.message, sentence);
    assert.equal(error.code, "storage-unreachable");
    assert.doesNotMatch(error.message, /hunter2|127\.0\.0\.1|tmp/);
  }
});

test("a server that fails, talks nonsense, hangs or hangs up is given up in time", async () => {
  const servers: readonly (readonly [Server, RegExp])[] = [
    [createServer((_, response) => response.writeHead(500).end()), /answered 500/],
    [createServer((_, response) => response.writeHead(400).end("<html>no S3</html>")), /answered 400/],
    // As S3 itself refuses a wrong secret; the server of the other tests does not look at signatures.
    [
      createServer((_, response) =>
        response
          .writeHead(403, { "content-type": "application/xml" })
          .end("<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature…</Message></Error>"),
      ),
      /refuses the credentials/,
    ],
    [createServer((request) => request.resume()), /does not answer/],
    [createServer((request) => request.socket.destroy()), /does not answer/],
  ];
  for (const [server, sentence] of servers) {
    const error = await failureOf({ endpoint: await listening(server) });
    server.closeAllConnections();
    server.close();

    assert.match(error.message, sentence);
  }
});

test("an upload that the storage does not take to its end is not there, for nobody", async () => {
  const objects = freshPart();
  const { artefacts } = await machine(objects);
  const large = Buffer.alloc(20 * 1_048_576, 1);
  let seen = 0;
  // Takes the first parts and hangs up in the middle of the rest.
  const proxy = createServer((request, response) => {
    void fetch(s3.options.endpoint + (request.url ?? ""), {
      method: request.method ?? "GET",
      headers: Object.entries(request.headers).flatMap(([name, value]) =>
        name === "connection" || name === "expect" ? [] : [[name, String(value)] as [string, string]],
      ),
      ...(request.method === "PUT" || request.method === "POST" ? { body: request, duplex: "half" } : {}),
    }).then(
      async (answer) => response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.bytes()),
      () => request.socket.destroy(),
    );
    if (request.method === "PUT" && (seen += 1) > 1) request.socket.destroy();
  });
  const through = openS3Storage({ ...s3.options, prefix: `${parts}/`, endpoint: await listening(proxy) }, ONCE);
  const cut = (await machine(through)).artefacts;

  await assert.rejects(cut.put(streamOf(large), 1e9), { code: "storage-unreachable" });

  assert.ok(seen > 1);
  assert.deepEqual(await artefacts.storedBefore(Date.now() + HOUR), []);
  through.close();
  proxy.closeAllConnections();
  proxy.close();
  const { digest } = await artefacts.put(streamOf(large), 1e9);
  assert.equal(await artefacts.has(digest), true);
});

test("a list of many pages is read to its end", async () => {
  // The server of the other tests makes the token of a next page with DES, which Node no longer has.
  const server = createServer((request, response) => {
    const token = new URL(request.url ?? "", "http://here").searchParams.get("continuation-token");
    const page = token === null ? 1 : Number(token.slice("after ".length)) + 1;
    const next =
      page < 3
        ? `<IsTruncated>true</IsTruncated><NextContinuationToken>after ${page}</NextContinuationToken>`
        : "<IsTruncated>false</IsTruncated>";
    const object = `<Contents><Key>here/x/${page}</Key><LastModified>2026-03-14T12:00:0${page}.000Z</LastModified></Contents>`;
    response
      .writeHead(200, { "content-type": "application/xml" })
      .end(`<ListBucketResult>${next}${object}</ListBucketResult>`);
  });
  const objects = openS3Storage({ ...s3.options, endpoint: await listening(server) });

  const listed = await Array.fromAsync(objects.list("x/"));

  assert.deepEqual(
    listed,
    [1, 2, 3].map((page) => ({ key: `x/${page}`, storedAt: Date.UTC(2026, 2, 14, 12, 0, page) })),
  );
  objects.close();
  server.closeAllConnections();
  server.close();
});
