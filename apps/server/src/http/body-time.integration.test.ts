import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import Fastify, { type FastifyInstance } from "fastify";
import { limitBodyTime } from "./body-time.ts";

describe("the time for a body", () => {
  let app: FastifyInstance;
  let port: number;

  before(async () => {
    app = Fastify({ forceCloseConnections: true });
    limitBodyTime(app, 50);
    app.post("/short", () => "read");
    app.get("/long", async () => {
      await once(begin("/short"), "close");
      return "read";
    });
    app.post("/upload", { config: { slowBody: true } }, () => "read");
    await app.listen({ host: "127.0.0.1", port: 0 });
    ({ port } = app.server.address() as AddressInfo);
  });
  after(() => app.close());

  /** Sends the beginning of a body that is announced as longer. */
  function begin(path: string): Socket {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nab`);
    return socket;
  }

  it("ends the connection of somebody who sends too slowly", async () => {
    const socket = begin("/short");

    await once(socket, "close");

    assert.equal(socket.bytesRead, 0);
  });

  it("is no limit for the answer to a request without a body", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/long`);

    assert.equal(await answer.text(), "read");
  });

  it("is longer for an upload, and no limit for an answer once the body is there", async () => {
    const slow = begin("/short");
    const upload = begin("/upload");

    await once(slow, "close");
    upload.write("cd");
    const [answer] = (await once(upload, "data")) as [Buffer];
    upload.destroy();

    assert.match(answer.toString(), /^HTTP\/1\.1 200/);
  });
});
