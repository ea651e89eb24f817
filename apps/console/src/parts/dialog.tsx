import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";

/** A native modal dialog: the browser keeps the focus inside and gives it back afterwards. */
export function Dialog({
  title,
  onClose,
  children,
  wide = false,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly wide?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={wide ? "dialog dialog-wide" : "dialog"}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        // The backdrop is the dialog itself; what is inside it is a child.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="dialog-box">
        <header className="dialog-head">
          <h2 id={heading}>{title}</h2>
          <button type="button" className="icon-button" onClick={onClose} title="Close">
            <X size={16} aria-hidden="true" />
            <span className="hidden-text">Close</span>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
