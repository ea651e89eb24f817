/** A name in SQL, whatever it contains. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL, whatever it contains. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
