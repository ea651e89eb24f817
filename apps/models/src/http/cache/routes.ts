import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { MusterError } from "@muster/kernel";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { ResponseCache } from "../../domain/cache/response-cache.ts";
import { type SharedAnswers, type SharedStatistics, sharedState } from "../../domain/cache/shared-answers.ts";
import type { CacheSelection } from "../../domain/cache/selection.ts";
import { callerOf } from "../access/guard.ts";
import { answers } from "../answers.ts";

const Count = Type.Integer({ minimum: 0 });
const Pattern = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "`*` stands for any characters, `?` for one",
});
const HitRate = Type.Number({
  minimum: 0,
  maximum: 1,
  description: "Of the questions that this level was asked since the start; 0 before the first",
});
const SharedSchema = Type.Object(
  {
    state: Type.Enum(["up", "not-written", "down"]),
    hits: Count,
    misses: Count,
    hitRate: HitRate,
    skipped: Type.Integer({
      minimum: 0,
      description: "Questions for which it was not asked or not waited for, because it does not work or is too busy",
    }),
    readFailures: Count,
    damaged: Type.Integer({ minimum: 0, description: "Values that were damaged; also counted as misses" }),
    writes: Count,
    writeFailures: Count,
    notWritten: Type.Integer({ minimum: 0, description: "Answers that were too large, or too many at once" }),
  },
  { description: "The second level, which replicas share; absent where there is none" },
);
const StatisticsSchema = Type.Object({
  entries: Count,
  bytes: Count,
  maxBytes: Count,
  hits: Count,
  misses: Count,
  evictions: Count,
  hitRate: HitRate,
  shared: Type.Optional(SharedSchema),
});
const MAX_KEYS = 1_000;

export interface CacheRouteOptions {
  readonly cache: ResponseCache;
  /** The second level, where there is one. */
  readonly shared: SharedAnswers | undefined;
  /** Removes on every replica; returns how many entries went here. */
  readonly remove: (selection: CacheSelection, actor: string) => Promise<number>;
}

/** Remembered answers: how well they serve, and their removal. */
export async function cacheRoutes(plain: FastifyInstance, { cache, shared, remove }: CacheRouteOptions): Promise<void> {
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
    () => shownStatistics(cache, shared),
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

/** Figures of both levels, and what share of all questions each answered. */
export function shownStatistics(cache: ResponseCache, shared: SharedAnswers | undefined) {
  const statistics = cache.statistics();
  const hitRate = rateOf(statistics);
  return { ...statistics, hitRate, ...(shared && { shared: shownShared(shared.statistics()) }) };
}

function shownShared(statistics: SharedStatistics) {
  const { hits, misses, skipped, readFailures, damaged, writes, writeFailures, notWritten } = statistics;
  const counts = { hits, misses, skipped, readFailures, damaged, writes, writeFailures, notWritten };
  return { state: sharedState(statistics), hitRate: rateOf(statistics), ...counts };
}

function rateOf({ hits, misses }: { readonly hits: number; readonly misses: number }): number {
  const asked = hits + misses;
  return asked === 0 ? 0 : hits / asked;
}
