import { type Clock, MusterError } from "@muster/kernel";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { AccessControl, OpenedSession } from "../../domain/access/access-control.ts";
import type { IdentityStore } from "../../domain/access/identity-store.ts";
import { ROLES, SCOPES } from "../../domain/access/role.ts";
import { answers, Instant } from "../answers.ts";
import { callerOf, SESSION_COOKIE } from "./guard.ts";

const strict = { additionalProperties: false } as const;
const UserName = Type.String({ pattern: "^[a-z0-9][a-z0-9._@-]{0,62}$", description: "Lower-case" });
const Password = Type.String({ minLength: 1, maxLength: 256 });
const UserSchema = Type.Object({
  name: Type.String(),
  role: Type.Enum([...ROLES]),
  disabled: Type.Boolean(),
  createdAt: Instant,
});
const SessionSchema = Type.Object({ id: Type.String(), user: Type.String(), createdAt: Instant, expiresAt: Instant });
const KeySchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  prefix: Type.String(),
  scopes: Type.Array(Type.Enum([...SCOPES])),
  createdAt: Instant,
  expiresAt: Instant,
});
const CallerSchema = Type.Object({
  user: Type.String(),
  role: Type.Enum([...ROLES]),
  scopes: Type.Array(Type.Enum([...SCOPES])),
  via: Type.Enum(["session", "key", "anonymous"]),
});
const LinkSchema = Type.Object({ token: Type.String({ description: "Shown once" }) });
const Id = Type.Object({ id: Type.String({ maxLength: 64 }) });
const UserParams = Type.Object({ name: UserName });

const LONGEST_KEY_DAYS = 365;
const DAY_MS = 86_400_000;
const MAX_PAGE = 100;

export interface AccessRouteOptions {
  readonly control: AccessControl;
  readonly store: IdentityStore;
  readonly clock: Clock;
  /** Forgets who was recognised; the other replicas are told by the database. */
  readonly forget: () => void;
}

/** Login, sessions, API keys, users and the audit log. */
export async function accessRoutes(
  plain: FastifyInstance,
  { control, store, clock, forget }: AccessRouteOptions,
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ["Access"];
  // Before the answer goes out, so that whoever reads it finds the change in force.
  app.addHook("onSend", (request, _reply, payload, done) => {
    if (request.method !== "GET") forget();
    done(null, payload);
  });
  const open = { access: "public", isLogin: true } as const;
  const self = { access: { role: "viewer", scope: "read" } } as const;
  const selfWrite = { access: { role: "viewer", scope: "write" } } as const;
  const admin = { access: { role: "admin", scope: "write" } } as const;
  const adminRead = { access: { role: "admin", scope: "read" } } as const;

  app.post(
    "/v1/session",
    {
      config: open,
      schema: {
        tags,
        summary: "Log in",
        body: Type.Object({ user: UserName, password: Password }, strict),
        response: answers(201, SessionSchema),
      },
    },
    async (request, reply) => begin(request, reply, await control.logIn(request.body.user, request.body.password)),
  );
  app.post(
    "/v1/session/link",
    {
      config: open,
      schema: {
        tags,
        summary: "Choose a password with a one-time link, and log in",
        body: Type.Object({ token: Type.String({ maxLength: 64 }), password: Password }, strict),
        response: answers(201, SessionSchema),
      },
    },
    async (request, reply) =>
      begin(request, reply, await control.redeemLink(request.body.token, request.body.password)),
  );
  app.get(
    "/v1/session",
    { config: self, schema: { tags, summary: "Who asks", response: answers(200, CallerSchema) } },
    (request) => {
      const { user, role, scopes, via } = callerOf(request);
      return { user, role, scopes: [...scopes], via };
    },
  );
  app.delete(
    "/v1/session",
    { config: selfWrite, schema: { tags, summary: "Log out", response: answers(204) } },
    async (request, reply) => {
      const caller = callerOf(request);
      if (caller.via !== "session")
        throw new MusterError("invalid-request", "an API key has no session; revoke the key");
      await store.endSession(caller.user, caller.id);
      return reply.clearCookie(SESSION_COOKIE, { path: "/" }).code(204).send(null);
    },
  );
  app.get(
    "/v1/sessions",
    { config: self, schema: { tags, summary: "Own sessions", response: answers(200, Type.Array(SessionSchema)) } },
    async (request) => [...(await store.sessions(callerOf(request).user))],
  );
  app.delete(
    "/v1/sessions/:id",
    { config: selfWrite, schema: { tags, summary: "End one of the own sessions", params: Id, response: answers(204) } },
    async (request, reply) => {
      await store.endSession(callerOf(request).user, request.params.id);
      return reply.code(204).send(null);
    },
  );

  app.get(
    "/v1/keys",
    { config: self, schema: { tags, summary: "Own API keys", response: answers(200, Type.Array(KeySchema)) } },
    async (request) => (await store.keys(callerOf(request).user)).map((key) => ({ ...key, scopes: [...key.scopes] })),
  );
  app.post(
    "/v1/keys",
    {
      config: selfWrite,
      schema: {
        tags,
        summary: "Make an API key; it is shown in this answer and never again",
        body: Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 100 }),
            scopes: Type.Array(Type.Enum([...SCOPES]), { minItems: 1, uniqueItems: true }),
            days: Type.Integer({ minimum: 1, maximum: LONGEST_KEY_DAYS, description: "Until it expires" }),
          },
          strict,
        ),
        response: answers(201, Type.Object({ token: Type.String(), key: KeySchema })),
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { name, scopes, days } = request.body;
      const beyond = scopes.filter((scope) => !caller.scopes.includes(scope));
      // A key that could give its scopes away could also widen them.
      if (beyond.length > 0)
        throw new MusterError("forbidden", `this key does not have the scope "${beyond.join('", "')}" itself`);
      const { token, record } = await control.makeKey(caller.user, {
        name,
        scopes,
        expiresAt: clock.now() + days * DAY_MS,
      });
      return reply.code(201).send({ token, key: { ...record, scopes: [...record.scopes] } });
    },
  );
  app.delete(
    "/v1/keys/:id",
    {
      config: selfWrite,
      schema: { tags, summary: "Revoke one of the own API keys", params: Id, response: answers(204) },
    },
    async (request, reply) => {
      await store.revokeKey(callerOf(request).user, request.params.id);
      return reply.code(204).send(null);
    },
  );

  app.get(
    "/v1/users",
    { config: adminRead, schema: { tags, summary: "Users", response: answers(200, Type.Array(UserSchema)) } },
    async () => [...(await store.users())],
  );
  app.post(
    "/v1/users",
    {
      config: admin,
      schema: {
        tags,
        summary: "Make a user, with a one-time link to choose a password",
        body: Type.Object({ name: UserName, role: Type.Enum([...ROLES]) }, strict),
        response: answers(201, Type.Object({ user: UserSchema, link: LinkSchema })),
      },
    },
    async (request, reply) => {
      const actor = callerOf(request).user;
      const user = await store.createUser(request.body.name, request.body.role, actor);
      return reply.code(201).send({ user, link: { token: await control.makeLink(user.name, actor) } });
    },
  );
  app.patch(
    "/v1/users/:name",
    {
      config: admin,
      schema: {
        tags,
        summary: "Change a user's role, or disable the user",
        params: UserParams,
        body: Type.Object(
          { role: Type.Optional(Type.Enum([...ROLES])), disabled: Type.Optional(Type.Boolean()) },
          { ...strict, minProperties: 1 },
        ),
        response: answers(200, UserSchema),
      },
    },
    (request) => {
      const actor = callerOf(request).user;
      // Otherwise the last admin could shut everybody out.
      if (request.params.name === actor)
        throw new MusterError("conflict", "nobody changes their own role; ask another admin");
      return store.changeUser(request.params.name, request.body, actor);
    },
  );
  app.post(
    "/v1/users/:name/link",
    {
      config: admin,
      schema: {
        tags,
        summary: "Make a one-time link for a user who has lost the password",
        params: UserParams,
        response: answers(201, LinkSchema),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      if (!(await store.credentials(name))) throw new MusterError("not-found", `no user is called "${name}"`);
      return reply.code(201).send({ token: await control.makeLink(name, callerOf(request).user) });
    },
  );
  app.get(
    "/v1/audit",
    {
      config: adminRead,
      schema: {
        tags,
        summary: "Who changed what, newest first",
        querystring: Type.Object({
          before: Type.Optional(
            Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "A page's `next`" }),
          ),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE })),
        }),
        response: answers(
          200,
          Type.Object({
            entries: Type.Array(
              Type.Object({
                place: Type.Integer(),
                at: Instant,
                actor: Type.String(),
                action: Type.String(),
                detail: Type.Record(Type.String(), Type.Unknown()),
              }),
            ),
            next: Type.Optional(Type.Integer()),
          }),
        ),
      },
    },
    async (request) => {
      const limit = request.query.limit ?? MAX_PAGE;
      const entries = [...(await store.audit(limit, request.query.before))];
      const last = entries.at(-1);
      return { entries, ...(entries.length === limit && last ? { next: last.place } : {}) };
    },
  );
}

/** Gives the session to the browser in a cookie that no script can read and that no other site's request carries. */
function begin(request: FastifyRequest, reply: FastifyReply, { token, record }: OpenedSession): FastifyReply {
  return reply
    .setCookie(SESSION_COOKIE, token, {
      path: "/",
      httpOnly: true,
      sameSite: "strict",
      secure: request.protocol === "https",
      expires: new Date(record.expiresAt),
    })
    .code(201)
    .send(record);
}
