import { type Static, Type } from "typebox";

export const BodySchema = Type.Object({
  /** Bytes that were read; with `cut`, the limit at which reading stopped. */
  bytes: Type.Integer(),
  /** Whether there was more than was read. */
  cut: Type.Boolean(),
  contentType: Type.Optional(Type.String()),
  /** Compressed in spite of our asking for identity, so not looked into. */
  encoding: Type.Optional(Type.String()),
  binary: Type.Boolean(),
  /** The beginning of a textual body. */
  text: Type.Optional(Type.String()),
  /** Whether `text` is the whole body. */
  whole: Type.Boolean(),
  /** Whether the whole body is JSON. Absent where it is not all there. */
  json: Type.Optional(Type.Boolean()),
});

/** What is kept of a body. */
export type Body = Static<typeof BodySchema>;
