const DEEPEST = 8;

/** A JSON value as names and values, as the HTML report shows it. */
export function JsonTree({ value, depth = 0 }: { readonly value: unknown; readonly depth?: number }) {
  if (value === null) return <span className="nothing">null</span>;
  if (value === "") return <span className="nothing">empty</span>;
  if (typeof value !== "object") return <span className="value">{scalarText(value)}</span>;
  if (depth >= DEEPEST) return <span className="value">{JSON.stringify(value)}</span>;
  const entries = Object.entries(value);
  if (entries.length === 0) return <span className="nothing">{Array.isArray(value) ? "none" : "empty"}</span>;
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) {
    return <span className="value">{value.map(scalarText).join("\n")}</span>;
  }
  return (
    <dl className="facts">
      {entries.map(([name, each]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <JsonTree value={each} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function scalarText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
