import {
  appendLink,
  type ChainVerdict,
  canonicalJson,
  EMPTY_HEAD,
  type Evidence,
  type EvidenceFilter,
  factsDigests,
  type Head,
  type Json,
  type JsonObject,
  type Ledger,
  type LedgerRecord,
  type Link,
  type Sha256,
  verifyChain,
} from "@muster/kernel";

const PAGE_LIMIT = 100;

/** A ledger that lives as long as the process: for tests, and for commands that keep nothing. */
export function memoryLedger(sha256: Sha256): Ledger {
  const chain: Link[] = [];
  const kept = new Map<string, string>();
  const places = new Map<string, number>();
  const recordAt = (seq: number): LedgerRecord | undefined => {
    const link = chain[seq - 1];
    return link && { seq, prev: link.prev, hash: link.hash, evidence: JSON.parse(link.body) as Evidence };
  };
  const newestFirst = () => chain.map(({ seq }) => recordAt(seq) as LedgerRecord).toReversed();
  const head = (): Head => chain.at(-1) ?? EMPTY_HEAD;

  return {
    async append(evidence, facts = []) {
      // All texts first, so that a record that cannot be written leaves nothing of its call behind.
      const bodies = evidence.map((each) => canonicalJson(each as unknown as Json));
      const texts = facts.map(({ digest, value }) => [digest, canonicalJson(value)] as const);
      for (const [digest, text] of texts) {
        if (sha256(text) !== digest) throw new RangeError(`facts do not give their digest ${digest}`);
      }
      for (const [digest, text] of texts) kept.set(digest, text);
      return bodies.map((body) => {
        const said = JSON.parse(body) as Evidence;
        let place = places.get(said.id);
        if (place === undefined) {
          const link = appendLink(head(), said as unknown as Json, sha256);
          chain.push(link);
          place = link.seq;
          places.set(said.id, place);
        }
        return recordAt(place) as LedgerRecord;
      });
    },
    async find(seq) {
      return recordAt(seq);
    },
    async facts(digests) {
      const found = new Map<string, JsonObject>();
      for (const digest of digests) {
        const text = kept.get(digest);
        if (text !== undefined) found.set(digest, JSON.parse(text) as JsonObject);
      }
      return found;
    },
    async page(filter, limit, before) {
      const size = Math.min(Math.max(1, limit), PAGE_LIMIT);
      const matching = newestFirst().filter(({ evidence }) => matches(evidence, filter));
      const rest = matching.filter(({ seq }) => before === undefined || seq < before);
      const records = rest.slice(0, size);
      const last = records.at(-1);
      return { records, total: matching.length, ...(rest.length > size && last ? { next: last.seq } : {}) };
    },
    async latest(service, environment) {
      const seen = new Set<string>();
      return newestFirst().filter(({ evidence }) => {
        if (evidence.subject.service !== service || evidence.subject.environment !== environment) return false;
        if (evidence.kind === "waiver") return true;
        if (evidence.kind !== "judgement" || seen.has(evidence.check)) return false;
        seen.add(evidence.check);
        return true;
      });
    },
    async head() {
      const { seq, hash } = head();
      return { seq, hash };
    },
    async *links() {
      yield* chain.map((link) => ({ ...link }));
    },
    async verify(): Promise<ChainVerdict> {
      for (const { seq, body } of chain) {
        const missing = factsDigests(JSON.parse(body) as JsonObject).find((digest) => !kept.has(digest));
        if (missing === undefined) continue;
        const before = chain[seq - 2] ?? EMPTY_HEAD;
        const reason = `facts ${missing} that record ${seq} rests on are missing`;
        return {
          intact: false,
          verified: { seq: before.seq, hash: before.hash },
          break: { seq, kind: "facts", reason },
        };
      }
      return verifyChain(chain, head(), sha256);
    },
  };
}

function matches(evidence: Evidence, filter: EvidenceFilter): boolean {
  const judgement = evidence.kind === "judgement" ? evidence : undefined;
  if (filter.kind !== undefined && evidence.kind !== filter.kind) return false;
  if (filter.check !== undefined && judgement?.check !== filter.check) return false;
  if (filter.outcome !== undefined && judgement?.outcome !== filter.outcome) return false;
  if (filter.environment !== undefined && evidence.subject.environment !== filter.environment) return false;
  if (filter.run !== undefined && evidence.run !== filter.run) return false;
  const about = evidence.kind === "waiver" ? evidence.control : (judgement?.check ?? "");
  const said = evidence.kind === "waiver" ? evidence.reason : evidence.summary;
  const words = `${evidence.id} ${about} ${said}`.toLowerCase();
  return (filter.text ?? "").split(/\s+/).every((word) => words.includes(word.toLowerCase()));
}
