/** One annotation of GitHub Actions, with the escapes that its workflow commands ask for. */
export function annotation(level: "error" | "warning" | "notice", heading: string, message: string): string {
  const property = escaped(heading).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return `::${level} title=${property}::${escaped(message)}`;
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
