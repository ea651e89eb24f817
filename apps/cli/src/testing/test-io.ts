import { PassThrough } from "node:stream";
import type { Io } from "../output/io.ts";

/** A process that writes into strings and whose clock stands still unless told. */
export interface TestIo extends Io {
  readonly written: { out: string; err: string };
  time: number;
}

/** 2026-11-21T12:00:00Z. */
export const NOON = Date.UTC(2026, 10, 21, 12);

export function testIo(options: Partial<Io> = {}): TestIo {
  const written = { out: "", err: "" };
  const io: TestIo = {
    written,
    time: NOON,
    out(text) {
      written.out += text;
    },
    err(text) {
      written.err += text;
    },
    outStream: new PassThrough(),
    outIsTerminal: false,
    errIsTerminal: false,
    canAsk: false,
    columns: () => 100,
    env: {},
    cwd: "/nowhere",
    now: () => io.time,
    ...options,
  };
  return io;
}
