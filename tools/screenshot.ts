/** `npm run screenshot`: runs Muster for real and takes the pictures of its pages for the documentation. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { findProgram } from "./test/machine.ts";
import { ROOT } from "./test/suites.ts";

const FOLDER = join(ROOT, "docs/images");
const data = mkdtempSync(join(tmpdir(), "muster-screenshot-"));
// Open to the unprivileged user as which PostgreSQL runs, so that the cluster stays in here.
chmodSync(data, 0o755);
const executablePath = findProgram(["chromium", "chromium-browser", "google-chrome"]);
if (executablePath === undefined) throw new Error("Chromium is not installed");

const muster = spawn(process.execPath, [join(ROOT, "apps/cli/bin/muster.js"), "up", "--data", data, "--port", "0"], {
  cwd: ROOT,
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const signIn = await signInLink();
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme: "light" });
  await page.goto(signIn);
  await page
    .getByText(/^NOT READY|^READY/)
    .first()
    .waitFor();
  await page.waitForLoadState("networkidle");
  mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: join(FOLDER, "readiness.png") });
  await page.goto(new URL("/models/flight-delay?tab=try", signIn).href);
  await page.getByRole("button", { name: "Predict" }).click();
  await page.getByText("as in the training").waitFor();
  await page.screenshot({ path: join(FOLDER, "models.png"), clip: { x: 0, y: 0, width: 1280, height: 640 } });
  await browser.close();
} finally {
  muster.kill("SIGTERM");
  await once(muster, "exit");
  rmSync(data, { recursive: true, force: true });
}

/** The link that `muster up` prints after its verdict. */
async function signInLink(): Promise<string> {
  for await (const line of createInterface(muster.stdout)) {
    const link = /^sign in\s+(\S+)/.exec(line)?.[1];
    if (link !== undefined) return link;
  }
  throw new Error("Muster ended without a link to sign in");
}
