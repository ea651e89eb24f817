import { MusterError } from "@muster/kernel";
import { allocate, type Datatype, type Tensor, type TensorData } from "../../domain/tensor/tensor.ts";

/** Header that says how long the JSON part of a body is, when raw tensors follow it (Triton, extension_binary_data.md). */
export const JSON_LENGTH_HEADER = "inference-header-content-length";

/** A body with raw tensors: the JSON, and the bytes after it, handed out in the order of the inputs. */
export interface BinaryBody {
  readonly json: unknown;
  readonly raw: RawTensors;
}

/** Bytes that belong to tensors, each taken once. */
export interface RawTensors {
  /** @throws {MusterError} `invalid-request` when fewer bytes are left. */
  take(size: number, name: string): Uint8Array;
  /** @throws {MusterError} `invalid-request` when bytes are left that no input names. */
  finish(): void;
}

/**
 * Splits a body at the length that its header names.
 * @throws {MusterError} `invalid-request` for a length that is no number, longer than the body, or does not end JSON.
 */
export function splitBody(body: Buffer, header: string): BinaryBody {
  const length = /^\d{1,10}$/.test(header) ? Number(header) : Number.NaN;
  if (!(length <= body.length)) {
    throw invalid(
      JSON_LENGTH_HEADER,
      `must be a number of bytes of the body, which has ${body.length}, not "${header.slice(0, 20)}"`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8", 0, length));
  } catch {
    throw new MusterError("invalid-request", `the first ${length} bytes of the body are not JSON`);
  }
  return { json, raw: rawTensors(body, length) };
}

function rawTensors(body: Buffer, start: number): RawTensors {
  let at = start;
  return {
    take(size, name) {
      if (at + size > body.length) {
        throw invalid(name, `binary_data_size is ${size}, but only ${body.length - at} bytes are left in the body`);
      }
      at += size;
      // A copy, so that it starts where numbers of any size may start.
      return new Uint8Array(body.subarray(at - size, at));
    },
    finish() {
      if (at < body.length) throw invalid("the body", `has ${body.length - at} bytes that no input names`);
    },
  };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });
/** Texts are preceded by their length. */
const LENGTH_BYTES = 4;

/**
 * Reads the elements of a tensor from their little-endian form.
 * @throws {MusterError} `invalid-request` when the bytes are not exactly that many elements.
 */
export function decodeElements(datatype: Datatype, elements: number, bytes: Uint8Array, name: string): TensorData {
  if (datatype === "BYTES") return decodeTexts(elements, bytes, name);
  const empty = allocate(datatype, 0) as Float32Array;
  const size = elements * empty.BYTES_PER_ELEMENT;
  if (size !== bytes.length) {
    throw invalid(name, `has ${bytes.length} bytes where ${elements} elements of ${datatype} need ${size}`);
  }
  if (datatype === "BOOL") return bytes.map((value) => (value === 0 ? 0 : 1));
  // Every machine that Node runs on is little-endian, as the protocol is.
  const Kind = empty.constructor as new (buffer: ArrayBuffer) => Float32Array;
  return new Kind(bytes.buffer as ArrayBuffer);
}

function decodeTexts(elements: number, bytes: Uint8Array, name: string): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let at = 0;
  while (texts.length < elements) {
    const end =
      at + LENGTH_BYTES > bytes.length ? Number.POSITIVE_INFINITY : at + LENGTH_BYTES + view.getUint32(at, true);
    if (end > bytes.length) throw invalid(name, `text ${texts.length} goes beyond the bytes of the tensor`);
    try {
      texts.push(UTF8.decode(bytes.subarray(at + LENGTH_BYTES, end)));
    } catch {
      throw invalid(name, `text ${texts.length} is not UTF-8`);
    }
    at = end;
  }
  if (at < bytes.length) throw invalid(name, `has ${bytes.length - at} bytes after its last text`);
  return texts;
}

/** Writes the elements of a tensor in their little-endian form. */
export function encodeElements({ data }: Tensor): Buffer {
  if (!Array.isArray(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat(
    data.flatMap((text) => {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(Buffer.byteLength(text));
      return [length, Buffer.from(text)];
    }),
  );
}

function invalid(path: string, message: string): MusterError {
  return new MusterError("invalid-request", "the request is not an inference request", {
    problems: [{ path, message }],
  });
}
