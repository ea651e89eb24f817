import { canonicalJson, type Json } from "../json/canonical.ts";

/** SHA-256 of the UTF-8 bytes of a text, in lower-case hex. Passed in, since the kernel does no I/O. */
export type Sha256 = (text: string) => string;

/** Hash that the first record names as its predecessor. */
export const GENESIS = "0".repeat(64);

/**
 * One link of the chain. `hash` is the SHA-256 of the canonical JSON (RFC 8785) of
 * `{ body, prev, seq }`, so no field of a record, nor its place, can change unseen.
 */
export interface Link {
  /** Place in the chain, from 1, without gaps. */
  readonly seq: number;
  /** Hash of the record before, {@link GENESIS} for the first. */
  readonly prev: string;
  readonly hash: string;
  /** Canonical JSON of the evidence. Kept as text, so that what was hashed is what is stored. */
  readonly body: string;
}

/** The newest record of a chain. Whoever keeps one can later prove that nothing was cut off the end. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export const EMPTY_HEAD: Head = { seq: 0, hash: GENESIS };

/**
 * The exact text that is hashed. Members stand in canonical order and `body` is canonical already,
 * so pasting gives canonical JSON without parsing the body again.
 */
export function linkText(body: string, prev: string, seq: number): string {
  return `{"body":${body},"prev":"${prev}","seq":${seq}}`;
}

/** Continues a chain by one record. */
export function appendLink(head: Head, body: Json, sha256: Sha256): Link {
  const text = canonicalJson(body);
  const seq = head.seq + 1;
  return { seq, prev: head.hash, hash: sha256(linkText(text, head.hash, seq)), body: text };
}

/** Why a chain does not verify: the first place where it is wrong, and what is wrong there. */
export interface ChainBreak {
  readonly seq: number;
  readonly kind: "missing" | "out-of-order" | "altered" | "truncated" | "unreadable" | "facts";
  readonly reason: string;
}

export type ChainVerdict =
  | { readonly intact: true; readonly head: Head }
  | { readonly intact: false; readonly verified: Head; readonly break: ChainBreak };

/**
 * Checks that a link follows a head. Returns the new head, or the break.
 *
 * What it can say: an altered field, a dropped record in the middle, two records swapped, a record
 * inserted. A tail cut off shows only against a head kept elsewhere, see {@link verifyEnd}.
 */
export function verifyLink(head: Head, link: Link, sha256: Sha256): Head | ChainBreak {
  const expected = head.seq + 1;
  if (link.seq > expected) {
    const gone = link.seq - 1 === expected ? `record ${expected} is` : `records ${expected} to ${link.seq - 1} are`;
    return { seq: expected, kind: "missing", reason: `${gone} missing` };
  }
  if (link.seq < expected) {
    return { seq: link.seq, kind: "out-of-order", reason: `record ${link.seq} stands after record ${head.seq}` };
  }
  if (link.prev !== head.hash) {
    return {
      seq: link.seq,
      kind: "altered",
      reason: `record ${link.seq} does not follow record ${head.seq}: its link to it differs`,
    };
  }
  if (sha256(linkText(link.body, link.prev, link.seq)) !== link.hash) {
    return {
      seq: link.seq,
      kind: "altered",
      reason: `record ${link.seq} was altered: its content does not give its hash`,
    };
  }
  return { seq: link.seq, hash: link.hash };
}

export function isBreak(result: Head | ChainBreak): result is ChainBreak {
  return "reason" in result;
}

/** Compares where verification arrived with the head that was written down; a shorter chain was cut. */
export function verifyEnd(reached: Head, kept: Head): ChainVerdict {
  if (reached.seq < kept.seq) {
    const reason = `the chain ends at record ${reached.seq}, but record ${kept.seq} was written`;
    return { intact: false, verified: reached, break: { seq: reached.seq + 1, kind: "truncated", reason } };
  }
  if (reached.seq > kept.seq || reached.hash !== kept.hash) {
    const reason = `the chain ends at record ${reached.seq} with another hash than its head says`;
    return { intact: false, verified: reached, break: { seq: kept.seq, kind: "altered", reason } };
  }
  return { intact: true, head: reached };
}

/** Verifies a whole chain, as a stream: memory does not grow with its length. */
export async function verifyChain(
  links: AsyncIterable<Link> | Iterable<Link>,
  kept: Head,
  sha256: Sha256,
): Promise<ChainVerdict> {
  let head = EMPTY_HEAD;
  for await (const link of links) {
    const next = verifyLink(head, link, sha256);
    if (isBreak(next)) return { intact: false, verified: head, break: next };
    head = next;
  }
  return verifyEnd(head, kept);
}
