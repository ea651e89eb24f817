/** What a person may do, each role including the ones before it. */
export const ROLES = ["viewer", "scientist", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** What an API key may be used for, within the role of its user. A session may be used for all of it. */
export const SCOPES = ["predict", "read", "write"] as const;
export type Scope = (typeof SCOPES)[number];

/** What a route asks of its caller. */
export interface Access {
  readonly role: Role;
  readonly scope: Scope;
}

/** Somebody who was recognised. */
export interface Principal {
  readonly user: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** How: a session, an API key, or not at all where the platform runs without users. */
  readonly via: "session" | "key" | "anonymous";
  /** Id of the session or key; no secret. */
  readonly id: string;
}

export function includesRole(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}

/** Why a principal may not, in a sentence; undefined when it may. */
export function refusal(principal: Principal, access: Access): string | undefined {
  if (!includesRole(principal.role, access.role))
    return `it needs the role ${access.role}, and you are ${principal.role}`;
  if (!principal.scopes.includes(access.scope))
    return `it needs the scope "${access.scope}", which this key does not have`;
  return undefined;
}
