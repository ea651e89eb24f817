import type { UseQueryResult } from "@tanstack/react-query";
import { includesRole, type Role } from "@muster/kernel";
import { lengthText } from "@muster/report/reading";
import { type ReactNode, useContext } from "react";
import { asFailure } from "../api/failure.ts";
import { useNow } from "../app/services.ts";
import { SessionContext } from "../app/session.ts";
import { ShapeIcon } from "../parts/mark.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { StaleNote } from "../states/stale-note.tsx";
import { Bones, Delayed } from "../states/skeleton.tsx";
import { clockText } from "../time/local-text.ts";

/** What a question gave, or a placeholder in its shape, or why it failed; what was known before stays, with its age. */
export function Loaded<T>({
  query,
  label,
  rows = 4,
  live = false,
  children,
}: {
  readonly query: UseQueryResult<T>;
  /** What is being done, for whoever cannot see the placeholder. */
  readonly label: string;
  readonly rows?: number;
  /** Whether it changes by itself, so that it grows old while nothing can be asked. */
  readonly live?: boolean;
  readonly children: (data: T) => ReactNode;
}) {
  const { data, error, refetch, dataUpdatedAt } = query;
  if (data !== undefined) {
    return (
      <>
        {error ? (
          <OldNote readAt={dataUpdatedAt} why={asFailure(error).title} />
        ) : (
          live && <StaleNote readAt={dataUpdatedAt} />
        )}
        {children(data)}
      </>
    );
  }
  if (error) return <ProblemPanel failure={asFailure(error)} onRetry={() => void refetch()} />;
  return (
    <Delayed>
      <div className="panel" aria-busy="true">
        <Bones rows={rows} label={label} />
      </div>
    </Delayed>
  );
}

/** Says how old what is shown is, and why nothing newer came. `readAt` is in local milliseconds. */
export function OldNote({ readAt, why }: { readonly readAt: number; readonly why: string }) {
  useNow();
  return (
    <p className="stale-note" data-tone="warn" role="status">
      <ShapeIcon shape="triangle" />
      <span>
        As of {clockText(readAt)}, {lengthText(Math.max(0, Date.now() - readAt))} ago. {why}.
      </span>
    </p>
  );
}

/** In the place of what a role does not allow: who may, and nothing that does not work. */
export function NeedsRole({
  role,
  what,
  children,
}: {
  readonly role: Role;
  readonly what: string;
  readonly children: ReactNode;
}) {
  const session = useContext(SessionContext);
  if (session && includesRole(session.role, role)) return children;
  return (
    <section className="panel problem" data-tone="unknown">
      <div className="problem-body">
        <h2 className="problem-title">
          <ShapeIcon shape="bar" />
          {what} needs the role {role}
        </h2>
        <p className="soft">You have the role {session?.role ?? "of nobody"}. An admin can give you another.</p>
      </div>
    </section>
  );
}
