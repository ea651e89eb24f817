import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { includesRole, type Principal } from "../../domain/access/role.ts";
import { type PlacedEvent, type Topic, topicOf, TOPICS } from "../../domain/events/event.ts";
import type { Events } from "../../domain/events/events.ts";
import { callerOf } from "../access/guard.ts";

export interface EventRouteOptions {
  readonly events: Events;
  /** Milliseconds between two pings; who does not answer one before the next is gone. */
  readonly pingMs: number;
}

/** Events that may wait for a reader; with more it is cut off, and resumes by itself. */
const MAX_WAITING = 1_000;
const NOT_READING = "events are not being read; resume with after=<last id>";
/** RFC 6455, as the registry of close codes has it: try again later. */
const TRY_LATER = 1013;
/** Private use, like HTTP's 401. */
const NOT_ADMITTED = 4401;

const TopicList = Type.String({
  pattern: `^(${TOPICS.join("|")})(,(${TOPICS.join("|")}))*$`,
  description: `Some of ${TOPICS.join(", ")}, with commas between them; all of them when absent`,
});

/** What happens, as it happens. A reader that was away names the last event that it saw, and misses nothing. */
export async function eventRoutes(plain: FastifyInstance, { events, pingMs }: EventRouteOptions): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  app.get(
    "/v1/events",
    {
      websocket: true,
      config: { access: { role: "viewer", scope: "read" } },
      schema: {
        tags: ["Events"],
        summary: "What changes, over a WebSocket; resume with after=<last id>",
        querystring: Type.Object(
          {
            after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
            topics: Type.Optional(TopicList),
          },
          { additionalProperties: false },
        ),
      },
    },
    async (socket, request) => {
      const { after, topics } = request.query;
      const wanted = topics?.split(",") as readonly Topic[] | undefined;
      const waiting: PlacedEvent[] = [];
      let sent = after ?? 0;
      // Nothing goes out before what was missed has.
      let sending = true;

      /** The key may have been revoked since the connection was made. */
      async function isAdmitted(): Promise<boolean> {
        const refused = await app.admitAgain(request, { counted: false });
        if (refused) socket.close(NOT_ADMITTED, "your key or session is no longer good");
        return refused === undefined;
      }

      /** Resolves when the system has taken it, which it does at the pace of the reader. */
      function write(message: object): Promise<void> {
        return new Promise((resolve) => socket.send(JSON.stringify(message), () => resolve()));
      }

      async function send(event: PlacedEvent): Promise<void> {
        if (event.id <= sent || socket.readyState !== socket.OPEN) return;
        sent = event.id;
        if (wanted?.includes(topicOf(event)) === false || !maySee(event, callerOf(request))) return;
        if (await isAdmitted()) await write(event);
      }

      async function sendWaiting(): Promise<void> {
        sending = true;
        for (let event = waiting.shift(); event; event = waiting.shift()) await send(event);
        sending = false;
      }

      // Whoever it is cannot be looked up now; a new connection will find out.
      const giveUp = (): void => socket.close(TRY_LATER, "try again later");
      // The connection closes after an error of its own; without a listener it would end the process.
      socket.on("error", () => undefined);
      let answered = true;
      socket.on("pong", () => {
        answered = true;
      });
      const ping = setInterval(() => {
        if (!answered) return socket.close(TRY_LATER, NOT_READING);
        answered = false;
        socket.ping();
        isAdmitted().catch(giveUp);
      }, pingMs);
      // Subscribed before the past is read, so that nothing falls between the two.
      const unsubscribe = events.subscribe((event) => {
        if (waiting.length >= MAX_WAITING) return socket.close(TRY_LATER, NOT_READING);
        waiting.push(event);
        if (!sending) sendWaiting().catch(giveUp);
      });
      socket.on("close", () => {
        unsubscribe();
        clearInterval(ping);
      });

      try {
        const latest = await events.latest();
        const missed = after === undefined ? [] : await events.since(after);
        if (after === undefined || missed === undefined) sent = latest;
        await write({ type: "hello", latest, gap: missed === undefined });
        for (const event of missed ?? []) await send(event);
        await sendWaiting();
      } catch {
        giveUp();
      }
    },
  );
}

/** Jobs are of those who submitted them; the rest everybody may list anyway. */
function maySee(event: PlacedEvent, caller: Principal): boolean {
  return event.type !== "job.progress" || event.user === caller.user || includesRole(caller.role, "operator");
}
