import { MusterError } from "@muster/kernel";

/**
 * Reads the address that somebody wants checked.
 * @throws {MusterError} `target-invalid` with what to write instead.
 */
export function readAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === "http:" || url.protocol === "https:")) {
    if (url.username !== "" || url.password !== "") {
      throw new MusterError(
        "target-invalid",
        "an address with a user name or a password in it would end up in reports",
      );
    }
    return url;
  }
  const guess = `https://${text}`;
  const hint = !text.includes("://") && URL.canParse(guess) ? `; did you mean ${guess}?` : "";
  throw new MusterError("target-invalid", `"${text}" is not a complete http or https address${hint}`);
}
