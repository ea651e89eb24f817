import { MusterError } from "@muster/kernel";
import type { App } from "../app.ts";

/** Assets carry a digest in their name, so a browser may keep them for ever. */
const FOR_EVER = { maxAge: "365d", immutable: true } as const;

/** The console: its assets, and its page for every address that is not the API's. */
export function consoleRoutes(app: App, folder: string): void {
  // A browser keeps them, so whoever opens a page for the first time is not counted twenty times for it.
  app.get("/assets/*", { config: { role: "public", rateLimit: false }, schema: { hide: true } }, (request, reply) => {
    const { "*": name } = request.params as { "*": string };
    return reply.sendFile(`assets/${name}`, folder, FOR_EVER);
  });
  app.get("/*", { config: { role: "public" }, schema: { hide: true } }, (request, reply) => {
    const { "*": path } = request.params as { "*": string };
    if (path.startsWith("api/")) throw new MusterError("not-found", `there is nothing at GET /${path.slice(0, 200)}`);
    return reply.sendFile("index.html", folder, { cacheControl: false });
  });
}
