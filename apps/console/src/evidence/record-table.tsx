import type { LedgerRecord } from "@muster/contract";
import { evidenceSentence, markOfEvidence } from "@muster/report/reading";
import { Link } from "@tanstack/react-router";
import { Age } from "../parts/age.tsx";
import { Status } from "../parts/mark.tsx";
import type { EvidenceFilters } from "./filters.ts";

/** Records as rows, newest first; each row is one link. Roles are spelt out because narrow pages lay the rows out as cards. */
export function RecordTable({
  records,
  search,
}: {
  readonly records: readonly LedgerRecord[];
  readonly search: EvidenceFilters;
}) {
  return (
    <table className="records panel" role="table" aria-label="Records">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col" className="records-seq">
            Record
          </th>
          <th role="columnheader" scope="col" className="records-mark">
            Result
          </th>
          <th role="columnheader" scope="col" className="records-about">
            About
          </th>
          <th role="columnheader" scope="col">
            Said
          </th>
          <th role="columnheader" scope="col" className="records-hash">
            Hash
          </th>
          <th role="columnheader" scope="col" className="records-age">
            Age
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {records.map((record) => (
          <RecordRow key={record.seq} record={record} search={search} />
        ))}
      </tbody>
    </table>
  );
}

function RecordRow({ record, search }: { readonly record: LedgerRecord; readonly search: EvidenceFilters }) {
  const { seq, evidence, hash } = record;
  return (
    <tr role="row" className="record-row">
      <td role="cell" className="records-seq">
        <Link
          to="/evidence/$seq"
          params={{ seq: String(seq) }}
          search={search}
          className="row-link mono"
          data-row
          preload="intent"
        >
          #{seq}
        </Link>
      </td>
      <td role="cell" className="records-mark">
        <Status mark={markOfEvidence(evidence)} />
      </td>
      <td role="cell" className="records-about">
        {aboutOf(record)}
      </td>
      <td role="cell" className="records-said" title={evidenceSentence(evidence)}>
        {evidenceSentence(evidence)}
      </td>
      <td role="cell" className="records-hash mono faint">
        {hash.slice(0, 8)}
      </td>
      <td role="cell" className="records-age faint">
        <Age at={evidence.at} />
      </td>
    </tr>
  );
}

function aboutOf({ evidence }: LedgerRecord): string {
  switch (evidence.kind) {
    case "judgement":
      return evidence.check;
    case "run":
      return "run";
    case "waiver":
      return evidence.control;
  }
}
