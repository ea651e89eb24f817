import { CopyButton } from "./copy-button.tsx";

/** The command that does the same, to copy. */
export function CommandLine({ command }: { readonly command: string }) {
  return (
    <span className="command">
      <code>{command}</code>
      <CopyButton text={command} what="the command" />
    </span>
  );
}
