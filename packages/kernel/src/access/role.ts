/** What a person may do, each role including the ones before it. */
export const ROLES = ["viewer", "responder", "operator", "approver", "admin"] as const;

export type Role = (typeof ROLES)[number];

/** Whether somebody with a role may do what needs another. */
export function includesRole(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}
