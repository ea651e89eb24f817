import type { CheckDescription } from "@muster/contract";
import type { AssessedControl, Ground } from "@muster/kernel";
import {
  controlSaid,
  groundFix,
  groundsWorstFirst,
  groundTitle,
  markOfControl,
  oldestEvidence,
} from "@muster/report/reading";
import { Link } from "@tanstack/react-router";
import { Age, Instant } from "../parts/age.tsx";
import { Status } from "../parts/mark.tsx";

type Checks = ReadonlyMap<string, CheckDescription>;

/** A control that unfolds to what it rests on. */
export function ControlRow({
  assessed,
  checks,
  open,
  onWaive,
}: {
  readonly assessed: AssessedControl;
  readonly checks: Checks;
  readonly open: boolean;
  /** Given to those who may waive. */
  readonly onWaive?: ((control: string) => void) | undefined;
}) {
  const { control, status, waiver } = assessed;
  const mark = markOfControl(status);
  const seen = oldestEvidence(assessed);
  return (
    <details className="fold control" id={`control-${control.id}`} data-tone={mark.tone} open={open}>
      <summary data-row>
        <Status mark={mark} />
        <span className="control-title">{control.title}</span>
        <span className="control-said">{controlSaid(assessed)}</span>
        <span className="control-owner">{control.owner}</span>
        <span className="control-age">
          {waiver ? (
            <>
              ends <Age at={waiver.evidence.until} />
            </>
          ) : seen === undefined ? (
            "never seen"
          ) : (
            <Age at={seen} />
          )}
        </span>
      </summary>
      <div className="control-body">
        {waiver && (
          <dl className="points">
            <div>
              <dt>Waived by</dt>
              <dd>
                {waiver.evidence.actor}, until <Instant at={waiver.evidence.until} />
              </dd>
            </div>
            <div>
              <dt>Because</dt>
              <dd>{waiver.evidence.reason}</dd>
            </div>
            <div>
              <dt>Evidence</dt>
              <dd>
                <RecordLink seq={waiver.seq} />
              </dd>
            </div>
          </dl>
        )}
        {groundsWorstFirst(assessed).map((ground) => (
          <GroundBlock
            key={ground.check}
            ground={ground}
            check={checks.get(ground.check)}
            oneOfSeveral={assessed.grounds.length > 1}
          />
        ))}
        {onWaive && status !== "met" && (
          <p>
            <button type="button" className="button button-small" onClick={() => onWaive(control.id)}>
              Waive…
            </button>
          </p>
        )}
      </div>
    </details>
  );
}

/** One check. Its own state is said only where the control has several, since otherwise the row above says it. */
function GroundBlock({
  ground,
  check,
  oneOfSeveral,
}: {
  readonly ground: Ground;
  readonly check: CheckDescription | undefined;
  readonly oneOfSeveral: boolean;
}) {
  const mark = markOfControl(ground.status);
  const { evidence } = ground;
  const fix = groundFix(ground, check);
  const findings = evidence?.evidence.findings ?? [];
  return (
    <article className="ground" data-tone={mark.tone}>
      <h3 className="ground-title">
        {oneOfSeveral && <Status mark={mark} />}
        {groundTitle(ground, check)}
      </h3>
      <p className="seen">{ground.reason}</p>
      <dl className="points">
        {findings.length > 0 && (
          <div>
            <dt>Found</dt>
            <dd>
              <ul className="findings">
                {findings.map(({ resource, message }) => (
                  <li key={`${resource} ${message}`}>
                    <code>{resource}</code> {message}
                  </li>
                ))}
              </ul>
            </dd>
          </div>
        )}
        {check && (
          <div>
            <dt>Why</dt>
            <dd>{check.why}</dd>
          </div>
        )}
        {fix !== undefined && (
          <div>
            <dt>Fix</dt>
            <dd>{fix}</dd>
          </div>
        )}
        <div>
          <dt>Evidence</dt>
          <dd>
            {evidence ? (
              <>
                <RecordLink seq={evidence.seq} />, seen <Age at={evidence.evidence.at} />, good until{" "}
                <Instant at={evidence.evidence.validUntil} />
              </>
            ) : (
              "none yet"
            )}
            <br />
            <Link to="/evidence" search={{ check: ground.check }} className="quiet-link small">
              history of {ground.check}
            </Link>
          </dd>
        </div>
      </dl>
    </article>
  );
}

function RecordLink({ seq }: { readonly seq: number }) {
  return (
    <Link to="/evidence/$seq" params={{ seq: String(seq) }} search={{}}>
      record #{seq}
    </Link>
  );
}
