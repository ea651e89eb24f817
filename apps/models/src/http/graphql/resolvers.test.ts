import assert from "node:assert/strict";
import { test } from "node:test";
import type { DatasetStore, DatasetVersionRecord } from "../../domain/dataset/dataset-store.ts";
import { createLoaders, type ReadableParts } from "./resolvers.ts";

test("the versions of many datasets are read at once, and once more for another page", async () => {
  const asked: unknown[] = [];
  const newestVersions: DatasetStore["newestVersions"] = (names, limit, before) => {
    asked.push({ names, limit, before });
    const records = names.flatMap((dataset) =>
      [3, 2, 1]
        .filter((version) => before === undefined || version < before)
        .slice(0, limit)
        .map((version) => ({ dataset, version }) as DatasetVersionRecord),
    );
    return Promise.resolve(records);
  };
  const { Dataset } = createLoaders({ datasetStore: { newestVersions } as DatasetStore } as ReadableParts);

  const pages = await Dataset.versions([
    { obj: { name: "a" }, params: { first: 2 } },
    { obj: { name: "b" }, params: { first: 2 } },
    { obj: { name: "a" }, params: { first: 2, before: 2 } },
  ]);

  assert.deepEqual(asked, [
    { names: ["a", "b"], limit: 3, before: undefined },
    { names: ["a"], limit: 3, before: 2 },
  ]);
  assert.deepEqual(
    pages.map(({ nodes, next }) => [nodes.map((node) => (node as DatasetVersionRecord).version), next]),
    [
      [[3, 2], 2],
      [[3, 2], 2],
      [[1], null],
    ],
  );
});
