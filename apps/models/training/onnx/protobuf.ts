/** Bytes of one field or message in protobuf's wire format. */
export type Bytes = Uint8Array;

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A whole number: `int32`, `int64` (from 0 or negative) or an enum's value. */
export function integer(field: number, value: number | bigint): Bytes {
  return concat([tag(field, VARINT), varint(BigInt.asUintN(64, BigInt(value)))]);
}

/** A 32-bit float. */
export function float(field: number, value: number): Bytes {
  return concat([tag(field, FIXED32), new Uint8Array(Float32Array.of(value).buffer)]);
}

/** Text, a nested message, or raw bytes. */
export function bytes(field: number, value: string | Bytes): Bytes {
  const content = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return concat([tag(field, LENGTH_DELIMITED), varint(BigInt(content.length)), content]);
}

/** A nested message made from its fields. */
export function message(field: number, fields: readonly Bytes[]): Bytes {
  return bytes(field, concat(fields));
}

/** Whole numbers in the packed form. */
export function integers(field: number, values: readonly number[]): Bytes {
  return bytes(field, concat(values.map((value) => varint(BigInt.asUintN(64, BigInt(value))))));
}

/** 32-bit floats in the packed form. */
export function floats(field: number, values: ArrayLike<number>): Bytes {
  return bytes(field, new Uint8Array(Float32Array.from(values).buffer));
}

export function concat(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tag(field: number, wireType: number): Bytes {
  return varint(BigInt((field << 3) | wireType));
}

function varint(value: bigint): Bytes {
  const result: number[] = [];
  let rest = value;
  while (rest >= 0x80n) {
    result.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  result.push(Number(rest));
  return Uint8Array.from(result);
}
