import type { Session } from "@muster/contract";
import { includesRole, type Role } from "@muster/kernel";
import { createContext, useContext } from "react";

/** Who is signed in. Everything inside the shell may rely on it. */
export const SessionContext = createContext<Session | undefined>(undefined);

/** Whether the person who is signed in may do what needs a role. The server decides; this only hides what it would refuse. */
export function useMay(role: Role): boolean {
  const session = useContext(SessionContext);
  return session !== undefined && includesRole(session.role, role);
}
