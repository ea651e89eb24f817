/** Node's buffers have this for their own use, at half the cost of `toString`; its types leave it out. */
interface WithLatin1Slice {
  latin1Slice?(from: number, to: number): string;
}

/** Bytes as text of one character per byte. */
export function latin1(bytes: Buffer, from: number, to: number): string {
  return (bytes as WithLatin1Slice).latin1Slice?.(from, to) ?? bytes.toString("latin1", from, to);
}
