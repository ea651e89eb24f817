import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadConfiguration } from "@muster/adapters";
import { createCatalog, externalChecks } from "@muster/catalog";
import { configurationText } from "./template.ts";

const catalog = createCatalog({ load: () => Promise.reject(new Error("no load")) });

describe("the configuration that init writes", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-init-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [index, address] of ["http://127.0.0.1:3000", "https://example.org/shop/"].entries()) {
    it(`for ${address} loads, validates, and has every check that fits the address in a control`, async () => {
      const file = join(folder, `${index}.ts`);
      const fitting = externalChecks(new URL(address)).flatMap((id) => catalog.checks.get(id) ?? []);
      const owner = 'a "quoted" ${owner} \\ `x`';
      await writeFile(
        file,
        configurationText({ name: "shop", title: "The shop", owner, url: new URL(address) }, fitting),
      );

      const configuration = await loadConfiguration(file, catalog);

      const controlled = configuration.controls.flatMap((control) => control.checks);
      assert.equal(configuration.service.owner, owner);
      assert.deepEqual(new Set(controlled), new Set(externalChecks(new URL(address))));
      assert.deepEqual(new Set(configuration.checks.map((each) => each.check)), new Set(controlled));
    });
  }
});
