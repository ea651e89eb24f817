/** The fields of a response, read from its head only when one is asked for. */
export class HeaderFields {
  readonly #head: string;
  #fields: Map<string, string[]> | undefined;

  /** `head` is the status line and the fields, lines ending in CR LF. */
  constructor(head: string) {
    this.#head = head;
  }

  /** The value of a field by its name in any case; several are joined by a comma, as RFC 9110 §5.3 allows. */
  get(name: string): string | undefined {
    return this.getAll(name)?.join(", ");
  }

  /** Every value of a field, in order; for `set-cookie`, which must not be joined. */
  getAll(name: string): readonly string[] | undefined {
    return this.#read().get(name.toLowerCase());
  }

  entries(): IterableIterator<[string, readonly string[]]> {
    return this.#read().entries();
  }

  #read(): Map<string, string[]> {
    if (this.#fields !== undefined) return this.#fields;
    const fields = new Map<string, string[]>();
    for (const line of this.#head.split("\r\n").slice(1)) {
      const colon = line.indexOf(":");
      if (colon <= 0) continue;
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      const values = fields.get(name);
      if (values === undefined) fields.set(name, [value]);
      else values.push(value);
    }
    this.#fields = fields;
    return fields;
  }
}
