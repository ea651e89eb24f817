/** Unfolds what hides an element, and the element itself, brings it into view and gives it the focus. */
export function reveal(id: string): void {
  const element = document.getElementById(id);
  if (!element) return;
  for (let each: Element | null = element; each; each = each.parentElement) {
    if (each instanceof HTMLDetailsElement) each.open = true;
  }
  element.scrollIntoView({ block: "start" });
  const summary = element.querySelector<HTMLElement>(":scope > summary");
  (summary ?? element).focus({ preventScroll: true });
}
