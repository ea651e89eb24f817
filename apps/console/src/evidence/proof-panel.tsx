import type { EvidenceDetail } from "@muster/contract";
import { GENESIS } from "@muster/kernel";
import { listed } from "@muster/report/reading";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { recordQuery } from "../api/queries.ts";
import { useServices } from "../app/services.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { ShapeIcon } from "../parts/mark.tsx";
import { browserSha256, type Proof, type ProofResult, prove } from "./proof.ts";

/** Where the record stands in the chain, and whether this browser finds that it belongs there. */
export function ProofPanel({ detail }: { readonly detail: EvidenceDetail }) {
  const { seq, prev } = detail.record;
  const before = useQuery({ ...recordQuery(useServices(), seq - 1), enabled: seq > 1 });
  const proof = useProof(detail, before.data?.record.hash);
  return <ChainPanel detail={detail} proof={proof} previous={prev === GENESIS ? undefined : seq - 1} />;
}

/** The chain around a record, with what was computed. */
export function ChainPanel({
  detail: { record },
  proof,
  previous,
}: {
  readonly detail: EvidenceDetail;
  readonly proof: Proof | "computing" | "impossible";
  readonly previous: number | undefined;
}) {
  return (
    <section className="section" aria-labelledby="chain">
      <h2 id="chain">Chain</h2>
      <div className="panel chain">
        <div className="chain-link chain-before">
          {previous === undefined ? (
            <span className="faint">the ledger begins here</span>
          ) : (
            <Link to="/evidence/$seq" params={{ seq: String(previous) }} search={{}} className="mono">
              #{previous}
            </Link>
          )}
          <code className="digest">{record.prev}</code>
        </div>
        <div className="chain-link chain-this">
          <span className="chain-name">
            <strong className="mono">#{record.seq}</strong>
            <CopyButton text={record.hash} what="the hash" />
          </span>
          <code className="digest">{record.hash}</code>
        </div>
        <div className="proof">
          <ProofLines proof={proof} />
        </div>
      </div>
    </section>
  );
}

function ProofLines({ proof }: { readonly proof: Proof | "computing" | "impossible" }) {
  if (proof === "computing") return <p className="soft small">Computing the hash in this browser</p>;
  if (proof === "impossible") {
    return (
      <p className="soft small">
        This browser computes hashes only on https or localhost. The command below does it anywhere.
      </p>
    );
  }
  const facts = Object.entries(proof.facts);
  const differing = facts.filter(([, result]) => result === "differs").map(([kind]) => kind);
  return (
    <>
      <p className="small faint">Computed in this browser</p>
      <ul>
        <ProofLine result={proof.hash} holds="content gives the hash" differs="content does not give the hash" />
        {proof.link && (
          <ProofLine
            result={proof.link}
            holds="follows the record before"
            differs="does not follow the record before"
          />
        )}
        {facts.length > 0 && (
          <ProofLine
            result={differing.length === 0 ? "holds" : "differs"}
            holds={facts.length === 1 ? "facts give their digest" : `facts give their ${facts.length} digests`}
            differs={`facts differ from their digest: ${listed(differing)}`}
          />
        )}
      </ul>
    </>
  );
}

function ProofLine({
  result,
  holds,
  differs,
}: {
  readonly result: ProofResult;
  readonly holds: string;
  readonly differs: string;
}) {
  const good = result === "holds";
  return (
    <li className="proof-line" data-tone={good ? "pass" : "fail"}>
      <ShapeIcon shape={good ? "disc" : "square"} />
      <span>{good ? holds : differs}</span>
    </li>
  );
}

function useProof(detail: EvidenceDetail, previousHash: string | undefined): Proof | "computing" | "impossible" {
  const [proof, setProof] = useState<Proof>();
  const sha256 = browserSha256(globalThis.crypto);
  const possible = sha256 !== undefined;
  useEffect(() => {
    let current = true;
    const compute = browserSha256(globalThis.crypto);
    if (!compute) return undefined;
    void prove(detail, previousHash, compute).then((found) => {
      if (current) setProof(found);
    });
    return () => {
      current = false;
    };
  }, [detail, previousHash]);
  return possible ? (proof ?? "computing") : "impossible";
}
