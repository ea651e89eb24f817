/**
 * Whether a text fits a pattern in which `*` stands for any characters and `?` for one. Takes time in
 * proportion to the product of the lengths at worst, whatever the pattern, unlike a regular expression.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0;
  let inText = 0;
  let star = -1;
  let resume = 0;
  while (inText < text.length) {
    if (at < pattern.length && pattern[at] === "*") {
      star = at;
      resume = inText;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[inText])) {
      at += 1;
      inText += 1;
    } else if (star !== -1) {
      // Let the last star stand for one character more.
      at = star + 1;
      resume += 1;
      inText = resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
