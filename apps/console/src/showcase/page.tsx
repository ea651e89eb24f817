export function ShowcasePage() {
  return <main className="showcase" />;
}
