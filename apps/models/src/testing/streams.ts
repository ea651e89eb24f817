/** Texts and bytes as they come over a connection. */
export async function* streamOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
}

/** A stream whose sender goes away. */
export async function* brokenStream(...chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  yield* streamOf(...chunks);
  throw new Error("the stream broke off");
}
