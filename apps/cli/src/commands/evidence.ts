import { EVIDENCE_KINDS, MusterError, OUTCOMES } from "@muster/kernel";
import { defineCommand } from "../program/command.ts";
import { CONFIG_OPTION, DATA_OPTION, JSON_OPTION } from "../program/shared-options.ts";

const PLACE_OPTIONS = { config: CONFIG_OPTION, data: DATA_OPTION } as const;
const MOST_RECORDS = Number.MAX_SAFE_INTEGER;

export const evidenceList = defineCommand({
  name: "evidence list",
  summary: "List records of the ledger, newest first",
  description:
    "Shows one page of records that fit all the options given. Ages are relative; with --json every instant is absolute.",
  args: [],
  options: {
    kind: { kind: "choice", choices: EVIDENCE_KINDS, summary: "Only records of this kind" },
    check: { kind: "text", value: "ID", summary: "Only judgements of this check" },
    outcome: { kind: "choice", choices: OUTCOMES, summary: "Only judgements with this outcome" },
    environment: { kind: "text", value: "NAME", summary: "Only records about this environment" },
    run: { kind: "text", value: "ID", summary: "Only records of this run" },
    text: { kind: "text", value: "WORDS", summary: "Only records whose summary, check or id contains this" },
    limit: { kind: "number", value: "N", minimum: 1, maximum: 100, summary: "Records on the page; 20 unless given" },
    before: {
      kind: "number",
      value: "SEQ",
      minimum: 1,
      maximum: MOST_RECORDS,
      summary: "Only records older than this one",
    },
    json: JSON_OPTION,
    ...PLACE_OPTIONS,
  },
  examples: [
    { line: "muster evidence list --outcome fail", says: "what failed" },
    { line: "muster evidence list --check http-latency --limit 5 --json", says: "for a program" },
  ],
  async run({ options, io }) {
    const [{ runList }, { dataFolder }] = await Promise.all([
      import("../evidence/list.ts"),
      import("../local/place.ts"),
    ]);
    const { kind, check, outcome, environment, run, text, limit = 20, before, json } = options;
    const filter = Object.fromEntries(
      Object.entries({ kind, check, outcome, environment, run, text }).filter(([, value]) => value !== undefined),
    );
    return runList({ data: () => dataFolder(options, io), filter, limit, before, json }, io);
  },
});

export const evidenceShow = defineCommand({
  name: "evidence show",
  summary: "Show one record with the facts it rests on",
  description:
    "Prints what the record says, its place in the chain, what its check is about, and the facts that were seen.",
  args: [{ value: "SEQ", summary: "Number of the record, as the list shows it", required: true }],
  options: { json: JSON_OPTION, ...PLACE_OPTIONS },
  examples: [{ line: "muster evidence show 7", says: "record 7" }],
  async run({ options, args, io }) {
    const [word = ""] = args;
    const seq = /^\d{1,15}$/.test(word) ? Number(word) : 0;
    if (seq < 1) throw new MusterError("usage", `SEQ must be the number of a record, not "${word}"`);
    const [{ runShow }, { dataFolder }] = await Promise.all([
      import("../evidence/show.ts"),
      import("../local/place.ts"),
    ]);
    return runShow({ data: () => dataFolder(options, io), seq, json: options.json }, io);
  },
});

export const evidenceVerify = defineCommand({
  name: "evidence verify",
  summary: "Walk the chain and name the first record that is wrong",
  description:
    "Computes every hash anew, of records and of facts. It exits 1 and names the first record that was altered, dropped, inserted or reordered. A tail that was cut off shows only against a head that was written down elsewhere: give it with --head.",
  args: [],
  options: {
    head: {
      kind: "text",
      value: "SEQ:HASH",
      summary: "A head from an earlier verify, kept elsewhere, that must still hold",
    },
    json: JSON_OPTION,
    ...PLACE_OPTIONS,
  },
  examples: [{ line: "muster evidence verify", says: "the whole ledger" }],
  async run({ options, io }) {
    const [{ readHead, runVerify }, { dataFolder }] = await Promise.all([
      import("../evidence/verify.ts"),
      import("../local/place.ts"),
    ]);
    const head = options.head === undefined ? undefined : readHead(options.head);
    return runVerify({ data: () => dataFolder(options, io), head, json: options.json }, io);
  },
});

export const evidenceExport = defineCommand({
  name: "evidence export",
  summary: "Write the whole ledger as JSON Lines",
  description:
    "One line for each record and each fact, and the head last, in a format that anybody can verify with a few lines of code (docs/reference/evidence-format.md). Without --out it goes to standard output.",
  args: [],
  options: {
    out: { kind: "text", value: "FILE", hint: "file", summary: "File to write; it appears when it is complete" },
    force: { kind: "flag", summary: "Write over a file that exists" },
    ...PLACE_OPTIONS,
  },
  examples: [{ line: "muster evidence export --out evidence.jsonl", says: "for an auditor" }],
  async run({ options, io }) {
    const [{ runExport }, { dataFolder }] = await Promise.all([
      import("../evidence/export.ts"),
      import("../local/place.ts"),
    ]);
    return runExport({ data: () => dataFolder(options, io), out: options.out, force: options.force }, io);
  },
});
