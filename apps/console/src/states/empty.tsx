import type { ReactNode } from "react";
import { CommandLine } from "../parts/command-line.tsx";

/** What would stand here, and the command that makes it. */
export function Empty({
  title,
  children,
  command,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly command?: string;
}) {
  return (
    <section className="panel empty">
      <div className="empty-body">
        <h2>{title}</h2>
        <p className="soft prose">{children}</p>
        {command !== undefined && <CommandLine command={command} />}
      </div>
    </section>
  );
}
