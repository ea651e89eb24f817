import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { MusterError } from "@muster/kernel";
import { multipart } from "../http/multipart.ts";
import { fileBody, streamed } from "../http/streamed-body.ts";
import { Transport } from "../http/transport.ts";
import { http2Server } from "../testing/http2-servers.ts";
import { eventually, httpServer, type TestServer } from "../testing/servers.ts";
import { LoadStopped } from "./stopped.ts";
import { type RequestOutcome, UserHttp } from "./user-http.ts";

/** What a server of either protocol sees and does. */
interface Seen {
  readonly path: string;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
  answer(status: number, body?: string | (() => AsyncGenerator<Buffer>), fields?: Record<string, string>): void;
  onClose(told: () => void): void;
}

type Serve = (seen: Seen) => unknown;

const PROTOCOLS = {
  "HTTP/1.1": (serve: Serve) =>
    httpServer((request: IncomingMessage, response) =>
      serve({
        path: request.url ?? "",
        fields: request.headers,
        body: request,
        answer: (status, body, fields = {}) => {
          response.writeHead(status, fields);
          if (typeof body === "function") void pour(body(), response);
          else response.end(body);
        },
        onClose: (told) => response.on("close", told),
      }),
    ),
  "HTTP/2": (serve: Serve) =>
    http2Server((stream, headers) =>
      serve({
        path: headers[":path"] ?? "",
        fields: headers,
        body: stream,
        answer: (status, body, fields = {}) => {
          stream.respond({ ":status": status, ...fields });
          if (typeof body === "function") void pour(body(), stream);
          else stream.end(body);
        },
        onClose: (told) => stream.on("close", told),
      }),
    ),
};

async function pour(
  chunks: AsyncGenerator<Buffer>,
  into: NodeJS.WritableStream & { destroyed?: boolean },
): Promise<void> {
  for await (const chunk of chunks) {
    if (into.destroyed === true) return;
    if (!into.write(chunk)) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          into.off("drain", go);
          into.off("close", go);
          resolve();
        };
        into.on("drain", go);
        into.on("close", go);
      });
    }
  }
  into.end();
}

async function text(body: Readable): Promise<string> {
  let read = "";
  for await (const chunk of body) read += (chunk as Buffer).toString("latin1");
  return read;
}

interface Setup extends AsyncDisposable {
  readonly user: UserHttp;
  readonly transport: Transport;
  readonly outcomes: RequestOutcome[];
}

function setup(server: TestServer, http2: boolean): Setup {
  const outcomes: RequestOutcome[] = [];
  const origins = new Set([server.url.origin]);
  const transport = new Transport({
    allowedOrigins: origins,
    http2Origins: http2 ? origins : new Set(),
    maxConnections: 4,
    connectTimeoutMs: 1_000,
    insecure: false,
  });
  const user = new UserHttp({
    transport,
    base: server.url,
    headers: {},
    timeoutMs: 5_000,
    maxBodyBytes: 1_000,
    prepared: new Map(),
    sampleTrace: () => undefined,
    record: (outcome) => outcomes.push(outcome),
  });
  return {
    user,
    transport,
    outcomes,
    async [Symbol.asyncDispose]() {
      transport.close({ kind: "stopped", reason: "the test is over" });
      await server[Symbol.asyncDispose]();
    },
  };
}

const CHUNK = Buffer.alloc(64 * 1024, "x");

for (const [protocol, serverOf] of Object.entries(PROTOCOLS)) {
  const serving = async (serve: Serve): Promise<Setup> => setup(await serverOf(serve), protocol === "HTTP/2");

  describe(`streams over ${protocol}`, () => {
    test("a body goes out as it comes, and its bytes are counted", async () => {
      await using load = await serving(async ({ body, fields, answer }) => {
        answer(200, `${String(fields["content-length"])} ${String(fields["content-type"])} ${await text(body)}`);
      });
      const parts = async function* (): AsyncGenerator<string> {
        yield "eins,";
        await new Promise(setImmediate);
        yield "zwei";
      };

      const chunked = await load.user.post("/", parts());
      const known = await load.user.post("/", streamed(parts, { length: 9, type: "text/csv" }));
      const fromWeb = await load.user.put("/", new Blob(["blob"]).stream());

      assert.equal(chunked.text(), "undefined application/octet-stream eins,zwei");
      assert.equal(known.text(), "9 text/csv eins,zwei");
      assert.equal(fromWeb.text(), "undefined application/octet-stream blob");
      assert.ok((load.outcomes[0]?.bytesOut ?? 0) >= 9);
    });

    test("a body that is not as long as it said is the scenario's mistake", async () => {
      await using load = await serving(({ body, answer, path }) => {
        if (path === "/long") body.on("error", () => {}).resume();
        else
          text(body).then(
            () => answer(200),
            () => {},
          );
      });
      const parts = async function* (): AsyncGenerator<string> {
        yield "12345";
      };

      await assert.rejects(
        load.user.post("/", streamed(parts, { length: 4 })),
        /4 bytes was announced, but there is more/,
      );
      await assert.rejects(load.user.post("/long", streamed(parts, { length: 6 })), /there are only 5/);
      assert.equal(load.outcomes.length, 0);
    });

    test("a source that throws throws to its scenario", async () => {
      await using load = await serving(({ body }) => body.on("error", () => {}).resume());
      const parts = async function* (): AsyncGenerator<string> {
        yield "x";
        throw new RangeError("no more data");
      };

      await assert.rejects(load.user.post("/", parts()), RangeError);
    });

    test("no more is read than the server takes", async () => {
      let given = 0;
      let closed = false;
      await using load = await serving(({ body }) => body.on("error", () => {}));
      const parts = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (;;) {
            given += CHUNK.length;
            yield CHUNK;
          }
        } finally {
          closed = true;
        }
      };

      const response = await load.user.post("/", parts(), { timeoutMs: 300 });

      assert.equal(response.failure?.kind, "timeout");
      assert.ok(given > 0 && given < 32 * 1024 * 1024, `${given} bytes were read`);
      await eventually(() => closed, "the end of the source");
    });

    test("a server that has its answer early ends the source", async () => {
      let closed = false;
      await using load = await serving(({ body, answer }) => {
        body.on("error", () => {});
        answer(413, "too large");
      });
      const parts = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield CHUNK;
        } finally {
          closed = true;
        }
      };

      const response = await load.user.post("/", parts());

      assert.equal(response.status, 413);
      await eventually(() => closed, "the end of the source");
    });

    test("an answer is read as it comes, and the server is held up while nobody reads", async () => {
      let sent = 0;
      const total = 64 * 1024 * 1024;
      await using load = await serving(({ answer, body }) => {
        body.resume();
        answer(200, async function* () {
          for (sent = 0; sent < total; sent += CHUNK.length) yield CHUNK;
        });
      });
      let read = 0;
      let furthestAhead = 0;

      const response = await load.user.get("/export", {
        async read(chunks) {
          for await (const chunk of chunks) {
            if (read === 0) await new Promise((resolve) => setTimeout(resolve, 100));
            furthestAhead = Math.max(furthestAhead, sent - read);
            read += chunk.length;
          }
        },
      });

      assert.equal(response.status, 200);
      assert.equal(read, total);
      assert.ok(furthestAhead < 32 * 1024 * 1024, `${furthestAhead} bytes were under way`);
      assert.ok((load.outcomes[0]?.bytesIn ?? 0) >= total);
    });

    test("a reader that has enough ends the answer, and one that throws throws to its scenario", async () => {
      let ended = 0;
      await using load = await serving(({ answer, body, onClose }) => {
        onClose(() => (ended += 1));
        body.resume();
        answer(200, async function* () {
          for (;;) yield CHUNK;
        });
      });

      const enough = await load.user.get("/", {
        async read(chunks) {
          for await (const chunk of chunks) if (chunk.length > 0) break;
        },
      });
      const never = await load.user.get("/", { read: async () => {} });
      const thrown = load.user.get("/", {
        async read(chunks) {
          for await (const chunk of chunks) throw new RangeError(`${chunk.length} bytes are not what I expected`);
        },
      });

      assert.equal(enough.status, 200);
      assert.equal(never.status, 200);
      await assert.rejects(thrown, RangeError);
      await eventually(() => ended === 3, "the end of every answer");
    });

    test("an answer that breaks off while it is read has failed", async () => {
      await using load = await serving(({ answer, body }) => {
        body.resume();
        answer(200, async function* () {
          yield CHUNK;
          await new Promise(() => {});
        });
      });

      const response = await load.user.get("/", {
        timeoutMs: 100,
        async read(chunks) {
          for await (const chunk of chunks) assert.ok(chunk.length > 0);
        },
      });

      assert.equal(response.failure?.kind, "timeout");
      assert.equal(load.outcomes.length, 1);
    });

    test("after a redirect a body goes out again if it can be read again", async () => {
      await using load = await serving(async ({ path, body, answer }) => {
        const read = await text(body);
        if (path === "/there") answer(200, read);
        else answer(307, undefined, { location: "/there" });
      });
      const parts = async function* (): AsyncGenerator<string> {
        yield "again";
      };

      assert.equal((await load.user.post("/", streamed(parts))).text(), "again");
      assert.equal((await load.user.post("/", parts())).status, 307);
    });

    test("a form is uploaded with a file that is read on the way", async () => {
      const folder = await mkdtemp(join(tmpdir(), "muster-streams-"));
      const path = join(folder, "rows.csv");
      await writeFile(path, "x,y\n".repeat(100_000));
      await using load = await serving(async ({ body, fields, answer }) => {
        const type = String(fields["content-type"]);
        const form = await new Response(Buffer.from(await text(body), "latin1"), {
          headers: { "content-type": type },
        }).formData();
        const file = form.get("file") as File;
        answer(
          200,
          `${String(fields["content-length"])} ${form.get("note") as string} ${file.name} ${file.type} ${file.size}`,
        );
      });

      const form = multipart({ note: "ünder", file: { name: "rows.csv", content: await fileBody(path, "text/csv") } });
      const response = await load.user.post("/", form);

      await rm(folder, { recursive: true });
      assert.equal(response.text(), `${form.length} ünder rows.csv text/csv 400000`);
      await assert.rejects(fileBody(join(folder, "gone")), MusterError);
    });

    test("when the load is stopped, what is under way is given up", async () => {
      await using load = await serving(({ body }) => body.on("error", () => {}));
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        for (;;) yield CHUNK;
      };

      const upload = load.user.post("/", endless());
      const refused = assert.rejects(upload, LoadStopped);
      await eventually(() => load.transport.counts().open === 1, "a connection");
      load.transport.close({ kind: "stopped", reason: "the load was stopped" });

      await refused;
      assert.equal(load.outcomes.length, 0);
    });
  });
}
