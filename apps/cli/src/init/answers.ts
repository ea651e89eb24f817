/** Everything that the written configuration depends on. */
export interface Answers {
  /** Lower-case letters, digits and hyphens, as the schema wants it. */
  readonly name: string;
  readonly title: string;
  readonly owner: string;
  readonly url: URL;
}

/** Makes a service's name of any text: `@shop/Check Out` gives `check-out`. */
export function serviceName(text: string): string {
  const last = text.split("/").at(-1) ?? "";
  const name = last
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 64)
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? "service" : name;
}

/** A name as people write it: `check-out` gives `Check out`. */
export function titleOf(name: string): string {
  const words = name.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What is wrong with an address, in words; undefined when nothing is. */
export function addressProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return "must be a complete address, such as http://127.0.0.1:3000";
  const { protocol } = new URL(text);
  return protocol === "http:" || protocol === "https:" ? undefined : "must start with http:// or https://";
}
