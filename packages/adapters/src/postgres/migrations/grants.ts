/**
 * What the application's role may do: read the ledger and continue it through its function, work
 * with runs and sessions, and add to the audit log. Repeating a grant changes nothing.
 *
 * @param role a quoted identifier.
 */
export function grantsFor(role: string): readonly string[] {
  return [
    `grant usage on schema muster to ${role}`,
    `grant select on muster.evidence, muster.facts, muster.ledger_head, muster.event, muster.event_head, muster.migration to ${role}`,
    `grant execute on function muster.append_evidence(text[], text[], text[]), muster.publish_event(text) to ${role}`,
    `grant select, insert, update on muster.run to ${role}`,
    `grant select, insert, update, delete on muster.load_test to ${role}`,
    `grant select, insert on muster."user" to ${role}`,
    `grant select, insert, delete on muster.session to ${role}`,
    `grant select, insert, delete, update (used_at) on muster.sign_in_link to ${role}`,
    `grant select, insert on muster.audit_log to ${role}`,
  ];
}
