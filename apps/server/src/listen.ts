import type { App } from "./http/app.ts";

const NEIGHBOURS = 20;

/**
 * Listens on a port, or on the next free one after it, or on any. Says so when it is another one.
 * @returns the console's address.
 */
export async function listen(app: App, host: string, port: number, onNotice: (text: string) => void): Promise<string> {
  for (let attempt = port; ; attempt = attempt - port < NEIGHBOURS ? attempt + 1 : 0) {
    try {
      const url = await app.listen({ host, port: attempt });
      if (attempt !== port) onNotice(`port ${port} is taken, so the console is on ${new URL(url).port}`);
      return url;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || attempt === 0) throw error;
    }
  }
}
