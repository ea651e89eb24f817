import type { LiveEvent, LiveMessage } from "@muster/contract";
import Type from "typebox";
import { caller } from "../access.ts";
import type { App, AppSources } from "../app.ts";

const QuerySchema = Type.Object(
  { after: Type.Optional(Type.Integer({ minimum: 0 })) },
  { additionalProperties: false },
);

const PING_INTERVAL_MS = 20_000;
/** A reader that has this much unread is not keeping up; it is cut off and resumes by itself. */
const MOST_UNSENT_BYTES = 1024 * 1024;
const TRY_AGAIN_LATER = 1013;
const SESSION_ENDED = 4401;

/** What happens, as it happens. A reader that was away names the last event it saw and misses nothing. */
export function liveRoutes(app: App, { live, clock }: AppSources): void {
  app.get(
    "/api/v1/live",
    {
      websocket: true,
      config: { role: "viewer" },
      schema: { summary: "Events over WebSocket, resumable with ?after=ID", querystring: QuerySchema },
    },
    async (socket, request) => {
      const send = (message: LiveMessage): void => {
        if (socket.bufferedAmount > MOST_UNSENT_BYTES) socket.close(TRY_AGAIN_LATER, "not keeping up");
        else socket.send(JSON.stringify(message));
      };

      // Events that arrive while the missed ones are read wait, so that ids never go back.
      let sent = request.query.after ?? 0;
      let waiting: LiveEvent[] | undefined = [];
      const forward = (event: LiveEvent): void => {
        if (event.id <= sent) return;
        sent = event.id;
        send(event);
      };
      const unsubscribe = live.subscribe((event) => {
        if (waiting) waiting.push(event);
        else forward(event);
      });
      const ping = setInterval(() => socket.ping(), PING_INTERVAL_MS);
      const sessionEnd = setTimeout(
        () => socket.close(SESSION_ENDED, "the session has ended"),
        Date.parse(caller(request).expiresAt) - clock.now(),
      );
      socket.on("close", () => {
        unsubscribe();
        clearInterval(ping);
        clearTimeout(sessionEnd);
      });

      const latest = await live.latest();
      const { after } = request.query;
      // A reader from ahead of the stream saw another database; what it holds is of no use.
      const missed = after === undefined ? [] : after > latest ? undefined : await live.since(after);
      if (after === undefined || missed === undefined) sent = latest;
      send({ type: "hello", latest, gap: missed === undefined });
      for (const event of [...(missed ?? []), ...waiting]) forward(event);
      waiting = undefined;
    },
  );
}
