import type { SharedArrayData } from "../messages.ts";
import { vu, withoutTheRest } from "../vu-bridge.ts";

/**
 * k6's `SharedArray`: made by the first virtual user of a thread, as text that the others share; an element is read when
 * it is asked for, and changing it changes nobody else's.
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- scripts write: new SharedArray(…)
export class SharedArray {
  constructor(name: string, make: () => unknown) {
    if (!vu.initialising) throw new Error(`the SharedArray "${name}" must be made outside of functions`);
    const data = vu.given?.[name] ?? vu.arrays[name] ?? written(name, make());
    vu.arrays[name] = data;
    // Scripts use it as the array that it stands for.
    return arrayOf(data);
  }
}

function written(name: string, elements: unknown): SharedArrayData {
  if (!Array.isArray(elements)) throw new Error(`the function of the SharedArray "${name}" must return an array`);
  const parts = elements.map((element: unknown) => Buffer.from(JSON.stringify(element) ?? "null"));
  const offsets = new SharedArrayBuffer((parts.length + 1) * 4);
  const begins = new Uint32Array(offsets);
  let at = 0;
  for (const [index, part] of parts.entries()) begins[index + 1] = at += part.length;
  const text = new SharedArrayBuffer(at);
  const bytes = new Uint8Array(text);
  for (const [index, part] of parts.entries()) bytes.set(part, begins[index]);
  return { text, offsets };
}

function arrayOf({ text, offsets }: SharedArrayData): readonly unknown[] {
  const bytes = Buffer.from(text);
  const begins = new Uint32Array(offsets);
  const length = begins.length - 1;
  const element = (index: number): unknown =>
    index >= 0 && index < length ? JSON.parse(bytes.toString("utf8", begins[index], begins[index + 1])) : undefined;
  return new Proxy<readonly unknown[]>([], {
    get(target, key, receiver): unknown {
      if (key === "length") return length;
      if (typeof key === "string" && /^\d+$/.test(key)) return element(Number(key));
      return Reflect.get(target, key, receiver) as unknown;
    },
    has: (target, key) =>
      typeof key === "string" && /^\d+$/.test(key) ? Number(key) < length : Reflect.has(target, key),
    set() {
      throw new TypeError("a SharedArray cannot be changed");
    },
    deleteProperty() {
      throw new TypeError("a SharedArray cannot be changed");
    },
  });
}

// Scripts may write: import data from "k6/data"
export default withoutTheRest({ SharedArray }, "k6/data");
