import assert from "node:assert/strict";
import { test } from "node:test";
import { redactHeader, redactUrl } from "./redact.ts";

test("an address keeps its place and the names of its query, nothing else", () => {
  const url = new URL("https://user:S3CRET@a.example:8443/path?token=S3CRET&page=2&page=3#S3CRET");

  assert.equal(redactUrl(url), "https://a.example:8443/path?token=redacted&page=redacted");
});

for (const name of ["Set-Cookie", "authorization", "Proxy-Authorization", "X-Api-Key", "x-auth-token", "session"]) {
  test(`the value of ${name} is redacted`, () => {
    assert.equal(redactHeader(name, "S3CRET"), "[redacted]");
  });
}

for (const name of ["content-type", "server", "strict-transport-security", "www-authenticate", "x-tokenizer"]) {
  test(`the value of ${name} is kept`, () => {
    assert.equal(redactHeader(name, "value"), "value");
  });
}
