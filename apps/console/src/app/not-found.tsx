import { Link } from "@tanstack/react-router";

export function NotFound() {
  return (
    <main className="alone">
      <h1>There is no such page</h1>
      <p className="soft">The address names nothing that the console has.</p>
      <p>
        <Link to="/readiness">Go to Readiness</Link>
      </p>
    </main>
  );
}
