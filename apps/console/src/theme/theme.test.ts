import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { applyTheme, DEFAULT_PREFERENCES, keepPreferences, readPreferences } from "./theme.ts";

function storeWith(text?: string) {
  let kept = text;
  return {
    getItem: () => kept ?? null,
    setItem: (_: string, value: string) => {
      kept = value;
    },
  };
}

describe("preferences", () => {
  test("are what was kept", () => {
    const store = storeWith();

    keepPreferences(store, { theme: "dark", singleKeys: false });

    assert.deepEqual(readPreferences(store), { theme: "dark", singleKeys: false });
  });

  for (const text of [undefined, "{", "null", '{"theme":"pink","singleKeys":"yes"}']) {
    test(`are the defaults where ${text ?? "nothing"} was kept`, () => {
      assert.deepEqual(readPreferences(storeWith(text)), DEFAULT_PREFERENCES);
    });
  }

  test("do without a store that refuses", () => {
    const refusing = {
      getItem: () => null,
      setItem: () => {
        throw new Error("the quota is used up");
      },
    };

    assert.doesNotThrow(() => keepPreferences(refusing, DEFAULT_PREFERENCES));
  });
});

describe("the theme", () => {
  test("is named on the page, and left to the system when that was chosen", () => {
    const root = { dataset: {} as DOMStringMap };

    applyTheme(root, "dark");
    const named = { ...root.dataset };
    applyTheme(root, "system");

    assert.deepEqual([named, root.dataset], [{ theme: "dark" }, {}]);
  });
});
