import { type ChainVerdict, type Head, type Ledger, MusterError, verifyEnd } from "@muster/kernel";
import { type Io, paintFor } from "../output/io.ts";
import { printEnvelope } from "../output/envelope.ts";
import { counted, paragraph } from "../output/text.ts";
import { withDatabase } from "../local/database.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { ERRORS } from "@muster/kernel";

/** What `muster evidence verify` was asked for. */
export interface VerifyRequest {
  readonly data: () => string;
  /** A head that was written down elsewhere. */
  readonly head: Head | undefined;
  readonly json: boolean;
}

/** Reads a head as the command line gives it: `SEQ:HASH`. @throws {MusterError} `usage` */
export function readHead(text: string): Head {
  const parts = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (!parts)
    throw new MusterError("usage", `--head must be SEQ:HASH, such as 31: and 64 hexadecimal digits, not "${text}"`);
  return { seq: Number(parts[1]), hash: parts[2] as string };
}

export async function runVerify(request: VerifyRequest, io: Io): Promise<ExitCode> {
  const verdict = await withDatabase(request.data, io, async ({ ledger }) => {
    const walked = await ledger.verify();
    return walked.intact && request.head ? compareWithKept(walked.head, request.head, ledger) : walked;
  });
  const sentence = verdictSentence(verdict);
  if (request.json) {
    printEnvelope(io, {
      command: "evidence verify",
      result: verdict.intact ? "good" : "bad",
      verdict: sentence,
      data: verdict.intact
        ? { intact: true, head: verdict.head }
        : { intact: false, verified: verdict.verified, break: verdict.break },
    });
  } else {
    const paint = paintFor(io.outIsTerminal, io.env);
    const word = sentence.slice(0, sentence.indexOf(":"));
    io.out(`${paint(["strong", verdict.intact ? "good" : "bad"], word)}${sentence.slice(word.length)}\n`);
    const head = verdict.intact ? verdict.head : verdict.verified;
    io.out(`${verdict.intact ? "head" : "good up to"} ${head.seq}:${head.hash}\n`);
    if (!verdict.intact) {
      io.out(`${paragraph(ERRORS["chain-broken"].fix, Math.min(io.columns(), 110), "fix: ", "     ")}\n`);
    }
  }
  return verdict.intact ? EXIT.good : EXIT.bad;
}

/** A chain that verifies can still have been cut, or written anew from some record on; a kept head shows both. */
async function compareWithKept(head: Head, kept: Head, ledger: Ledger): Promise<ChainVerdict> {
  if (head.seq < kept.seq) return verifyEnd(head, kept);
  const record = await ledger.find(kept.seq);
  if (record?.hash === kept.hash) return { intact: true, head };
  const reason = `record ${kept.seq} has another hash than the head that was written down`;
  return { intact: false, verified: head, break: { seq: kept.seq, kind: "altered", reason } };
}

function verdictSentence(verdict: ChainVerdict): string {
  return verdict.intact ? `INTACT: ${counted(verdict.head.seq, "record")} verified` : `BROKEN: ${verdict.break.reason}`;
}
