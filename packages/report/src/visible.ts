/**
 * Characters that change how text around them is shown, or are not shown at all: control characters
 * (but tab and line break), bidirectional controls, zero-width characters, and lone surrogates. A
 * service under audit chooses the text of some facts, and could use them to make a report read
 * differently from what it says.
 */
const UNSEEN =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Text in which every such character is written out by its number, as `‹U+202E›`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return `\u2039U+${code}\u203A`;
  });
}
