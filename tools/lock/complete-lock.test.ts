import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ROOT } from "../test/suites.ts";
import { completeLock, type Lock, missingEntries } from "./complete-lock.ts";

describe("the lock file", () => {
  it("names every optional package of every platform, so that npm ci accepts it (else: npm run lock)", () => {
    const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as Lock;

    assert.deepEqual(Object.keys(missingEntries(lock)), []);
  });

  it("is completed with version and platform, and left alone where nothing is missing", () => {
    const lock: Lock = {
      packages: {
        "": {},
        "node_modules/tool": {
          dev: true,
          optionalDependencies: { "@tool/linux-x64-musl": "1.2.3", "@tool/darwin-arm64": "1.2.3", kept: "^1.0.0" },
        },
        "node_modules/tool/node_modules/@tool/darwin-arm64": { version: "1.2.3" },
      },
    };

    const completed = completeLock(lock);

    assert.deepEqual(missingEntries(lock), {
      "node_modules/@tool/linux-x64-musl": {
        version: "1.2.3",
        cpu: ["x64"],
        libc: ["musl"],
        os: ["linux"],
        dev: true,
        optional: true,
      },
    });
    assert.deepEqual(missingEntries(completed), {});
    assert.deepEqual(completeLock(completed), completed);
  });
});
