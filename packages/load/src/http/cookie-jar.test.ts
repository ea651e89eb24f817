import assert from "node:assert/strict";
import { test } from "node:test";
import { CookieJar } from "./cookie-jar.ts";

const site = new URL("https://shop.example.org/cart/items");

function jarWith(...cookies: readonly string[]): CookieJar {
  const jar = new CookieJar();
  for (const cookie of cookies) jar.store(cookie, site, 0);
  return jar;
}

test("a cookie goes back to the host and the folder that set it", () => {
  const jar = jarWith("a=1");

  assert.equal(jar.fieldFor(site, 0), "a=1");
  assert.equal(jar.fieldFor(new URL("/cart/other", site), 0), "a=1");
  assert.equal(jar.fieldFor(new URL("/cartoon", site), 0), "");
  assert.equal(jar.fieldFor(new URL("https://example.org/cart/items"), 0), "");
  assert.equal(jar.fieldFor(new URL("https://evil-shop.example.org/cart/items"), 0), "");
});

test("a domain widens it, but only to a domain that the host belongs to", () => {
  const jar = jarWith("a=1; Domain=.example.org; Path=/", "b=2; Domain=other.org; Path=/");

  assert.equal(jar.fieldFor(new URL("https://example.org/"), 0), "a=1");
  assert.equal(jar.fieldFor(new URL("https://notexample.org/"), 0), "");
  assert.equal(jar.fieldFor(new URL("https://other.org/"), 0), "");
});

test("longer paths come first, and a cookie of the same name, host and path is replaced", () => {
  const jar = jarWith("a=1; Path=/", "b=2; Path=/cart", "a=3; Path=/");

  assert.equal(jar.fieldFor(site, 0), "b=2; a=3");
});

test("a secure cookie is neither taken from nor given to plain http", () => {
  const jar = jarWith("a=1; Secure; Path=/");
  jar.store("b=2; Secure; Path=/", new URL("http://shop.example.org/"), 0);

  assert.equal(jar.fieldFor(site, 0), "a=1");
  assert.equal(jar.fieldFor(new URL("http://shop.example.org/cart/items"), 0), "");
});

test("cookies expire, and Max-Age counts before Expires", () => {
  const jar = jarWith(
    "a=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "b=2; Expires=Thu, 01 Jan 1970 00:00:20 GMT",
  );

  assert.equal(jar.fieldFor(site, 9_999), "a=1; b=2");
  assert.equal(jar.fieldFor(site, 10_000), "b=2");
  assert.equal(jar.fieldFor(site, 20_000), "");
});

test("Max-Age of zero forgets a cookie", () => {
  const jar = jarWith("a=1", "a=; Max-Age=0");

  assert.equal(jar.empty, true);
});

test("what is no cookie is ignored, and a jar does not grow without bound", () => {
  const jar = jarWith("novalue", "=x", "a=b\nc", "");
  assert.equal(jar.empty, true);

  for (let nth = 0; nth < 1_000; nth += 1) jar.store(`c${nth}=1`, site, 0);

  assert.equal(jar.fieldFor(site, 0).split("; ").length, 180);
});
