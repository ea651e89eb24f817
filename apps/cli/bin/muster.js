#!/usr/bin/env node
// The way in. Must run on any Node from 20: Muster itself needs Node 26, which the npm package `node`
// brings along, so an older Node hands over to that one and stays only to pass signals and the exit code.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NEEDED = 26;
const main = new URL("../src/main.ts", import.meta.url);

if (Number.parseInt(process.versions.node, 10) >= NEEDED) {
  await import(main.href);
} else {
  handOver();
}

function handOver() {
  // The fourth channel closes when this process dies, however it dies, so that Muster can stop then.
  const child = spawn(packagedNode(), [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(
      `muster needs Node ${NEEDED}, and the one that npm installs does not start: ${error.message}\n`,
    );
    process.stderr.write("Run `npm ci` in Muster's folder, or use a newer Node.\n");
    process.exitCode = 3;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 3;
      return;
    }
    for (const each of signals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

function packagedNode() {
  const program = process.platform === "win32" ? "node.exe" : "node";
  try {
    return join(dirname(createRequire(import.meta.url).resolve("node/package.json")), "bin", program);
  } catch {
    // Not installed: spawning the place where it would be says so.
    return join(fileURLToPath(new URL("../../../node_modules/node/bin", import.meta.url)), program);
  }
}
