import { type Clock, durationMs, type Ledger, type LedgerRecord, MusterError, toInstant } from "@muster/kernel";
import { type Configuration, problemsOf, type WaiverRequest, WaiverRequestSchema } from "@muster/contract";

/** Nobody can know further ahead that a risk stays acceptable. */
const LONGEST = "90d";

/**
 * Records that somebody accepts, until an instant, that a control is not met. The waiver is
 * evidence like any other, and it ends by itself.
 *
 * @throws {MusterError} `invalid-request` with every problem; `not-found` for an unknown control.
 */
export async function waive(
  request: WaiverRequest,
  actor: string,
  { configuration, ledger, clock }: { configuration: Configuration; ledger: Ledger; clock: Clock },
): Promise<LedgerRecord> {
  const now = clock.now();
  const problems = [...problemsOf(WaiverRequestSchema, request)];
  const until = Date.parse(request.until);
  if (Number.isNaN(until)) problems.push({ path: "until", message: "must be an instant such as 2026-12-24T12:00:00Z" });
  else if (until <= now) problems.push({ path: "until", message: "lies in the past" });
  else if (until > now + durationMs(LONGEST))
    problems.push({ path: "until", message: `must be at most ${LONGEST} ahead` });
  if (problems.length > 0) throw new MusterError("invalid-request", "the waiver does not hold", { problems });
  if (!configuration.controls.some((control) => control.id === request.control)) {
    throw new MusterError("not-found", `no control is called "${request.control}"`);
  }
  if (!(request.environment in configuration.environments)) {
    throw new MusterError("not-found", `no environment is called "${request.environment}"`);
  }
  const at = toInstant(now);
  const [record] = await ledger.append([
    {
      v: 1,
      kind: "waiver",
      id: `waiver/${request.environment}/${request.control}/${at}`,
      at,
      actor,
      subject: { service: configuration.service.name, environment: request.environment },
      run: null,
      control: request.control,
      reason: request.reason,
      until: toInstant(until),
    },
  ]);
  // The ledger returns one record for each that it was given.
  return record as LedgerRecord;
}
