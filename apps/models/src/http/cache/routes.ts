import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { MusterError } from "@muster/kernel";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { CacheSelection, CacheStatistics, ResponseCache } from "../../domain/cache/response-cache.ts";
import { callerOf } from "../access/guard.ts";
import { answers } from "../answers.ts";

const Count = Type.Integer({ minimum: 0 });
const Pattern = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "`*` stands for any characters, `?` for one",
});
const StatisticsSchema = Type.Object({
  entries: Count,
  bytes: Count,
  maxBytes: Count,
  hits: Count,
  misses: Count,
  evictions: Count,
  hitRate: Type.Number({ minimum: 0, maximum: 1, description: "Of all questions since the start; 0 before the first" }),
});
const MAX_KEYS = 1_000;

export interface CacheRouteOptions {
  readonly cache: ResponseCache;
  /** Removes on every replica; returns how many entries went here. */
  readonly remove: (selection: CacheSelection, actor: string) => Promise<number>;
}

/** Remembered answers: how well they serve, and their removal. */
export async function cacheRoutes(plain: FastifyInstance, { cache, remove }: CacheRouteOptions): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ["Cache"];
  const read = { access: { role: "viewer", scope: "read" } } as const;
  const operate = { access: { role: "operator", scope: "write" } } as const;

  app.get(
    "/v1/cache",
    {
      config: read,
      schema: { tags, summary: "How well the cache of this replica serves", response: answers(200, StatisticsSchema) },
    },
    () => shownStatistics(cache),
  );
  app.get(
    "/v1/cache/keys",
    {
      config: read,
      schema: {
        tags,
        summary: "Keys on this replica, `model:<name>:<version>:<digest of the inputs>`",
        querystring: Type.Object({ pattern: Type.Optional(Pattern) }),
        response: answers(200, Type.Array(Type.String())),
      },
    },
    (request) => [...cache.keys(request.query.pattern ?? "*", MAX_KEYS)],
  );
  app.delete(
    "/v1/cache/keys",
    {
      config: operate,
      schema: {
        tags,
        summary: "Forget answers on every replica, by key, tag or pattern; all that is given must hold",
        querystring: Type.Object(
          {
            key: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
            tag: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 200,
                description: "`model:<name>` or `version:<name>@<version>`",
              }),
            ),
            pattern: Type.Optional(Pattern),
          },
          { additionalProperties: false },
        ),
        response: answers(200, Type.Object({ removed: Type.Integer({ description: "On this replica" }) })),
      },
    },
    async (request) => {
      if (Object.keys(request.query).length === 0) {
        throw new MusterError("invalid-request", "say what to forget: key, tag or pattern; pattern=* is all of it");
      }
      return { removed: await remove(request.query, callerOf(request).user) };
    },
  );
}

/** The cache's own figures, and what share of all questions it answered. */
export function shownStatistics(cache: ResponseCache): CacheStatistics & { readonly hitRate: number } {
  const statistics = cache.statistics();
  const asked = statistics.hits + statistics.misses;
  return { ...statistics, hitRate: asked === 0 ? 0 : statistics.hits / asked };
}
