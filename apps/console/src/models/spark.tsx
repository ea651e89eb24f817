/** A line as small as a word; the numbers stand beside it. What is not known is dashes along the bottom. */
export function Spark({ values }: { readonly values: readonly (number | null)[] }) {
  const most = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const x = (index: number): number => (index / Math.max(1, values.length - 1)) * 100;
  const place = (index: number, value: number): string =>
    `${x(index).toFixed(1)} ${(19 - (value / most) * 18).toFixed(1)}`;
  let drawing = false;
  const parts = values.map((value, index) => {
    const step = value === null ? "" : `${drawing ? "L" : "M"}${place(index, value)}`;
    // A single value between gaps is a dot.
    const dot = value !== null && !drawing && (values[index + 1] ?? null) === null ? "h0.01" : "";
    drawing = value !== null;
    return step + dot;
  });
  return (
    <svg viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
      {values.map((value, index) =>
        value === null ? (
          <line
            key={index}
            className="spark-unknown"
            x1={x(Math.max(0, index - 0.5))}
            x2={x(Math.min(values.length - 1, index + 0.5))}
            y1="19"
            y2="19"
          />
        ) : null,
      )}
      <path className="spark-line" d={parts.join("")} />
    </svg>
  );
}
