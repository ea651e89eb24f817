import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

const SHOWN_MS = 1_500;

/** Copies a text and says that it did. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  // Browsers withhold the clipboard from pages that were not loaded securely; the text stays selectable.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return null;
  return (
    <button
      type="button"
      className="icon-button"
      title={`Copy ${what}`}
      onClick={() => void clipboard.writeText(text).then(() => setCopied(true))}
    >
      {copied ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
      <span className="hidden-text">{copied ? `Copied ${what}` : `Copy ${what}`}</span>
    </button>
  );
}
