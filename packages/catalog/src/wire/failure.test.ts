import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, failureText, timedOut } from "./failure.ts";

function error(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

test("a code that is known is explained", () => {
  assert.equal(
    failureText(failureOf("connect", error("ECONNREFUSED", ""))),
    "connect: the connection was refused, nothing listens there (ECONNREFUSED)",
  );
});

test("what OpenSSL says is cut down to its reason", () => {
  const openssl = "write EPROTO 408335FE147F0000:error:0A000126:SSL routines:func:unexpected eof:../ssl/rec.c:78:\n";
  const wrong = openssl.replace("unexpected eof", "wrong version number");

  assert.equal(failureOf("tls", error("EPROTO", openssl)).message, "unexpected eof");
  assert.equal(failureOf("tls", error("EPROTO", wrong)).message, "the other side does not speak TLS");
});

test("an unknown error becomes one short line without control characters", () => {
  const { message, code } = failureOf("body", new Error(`a\u0000b\r\nc${"x".repeat(1_000)}`));

  assert.equal(code, "UNKNOWN");
  assert.equal(message.length, 300);
  assert.ok(message.startsWith("a b c"));
});

test("something that is not an error is a failure too", () => {
  assert.deepEqual(failureOf("body", undefined), { phase: "body", code: "UNKNOWN", message: "UNKNOWN" });
});

test("a timeout says what was waited for", () => {
  assert.equal(failureText(timedOut(500, "connection")), "timeout: no connection within 500 ms (TIMEOUT)");
});
