const REDACTED = "[redacted]";

/**
 * A value that must not reach a log, a report or a fact. Printing, serialising or interpolating it
 * gives `[redacted]`; only {@link Secret.reveal} gives the value, so every use is visible in the code.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  // Node's util.inspect, and with it console.log and pino's error serialiser, looks for this symbol.
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
