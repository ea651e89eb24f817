import { describeCheck } from "@muster/application";
import {
  type EvidenceDetail,
  EvidenceDetailSchema,
  EvidencePageSchema,
  EvidenceQuerySchema,
  type Verification,
  VerificationSchema,
} from "@muster/contract";
import { MusterError } from "@muster/kernel";
import Type from "typebox";
import type { App, AppSources } from "../app.ts";
import { answers } from "../problems.ts";

const PAGE_SIZE = 50;
const VERIFICATIONS_PER_MINUTE = 6;

/** Can we prove it? */
export function evidenceRoutes(app: App, sources: AppSources): void {
  const { ledger, catalog } = sources;
  app.get(
    "/api/v1/evidence",
    {
      config: { role: "viewer" },
      schema: {
        summary: "Records of the ledger, newest first",
        querystring: EvidenceQuerySchema,
        response: answers(200, EvidencePageSchema),
      },
    },
    (request) => {
      const { limit = PAGE_SIZE, before, ...filter } = request.query;
      return ledger.page(filter, limit, before);
    },
  );
  app.get(
    "/api/v1/evidence/verification",
    {
      config: { role: "viewer", rateLimit: { max: VERIFICATIONS_PER_MINUTE, timeWindow: "1 minute" } },
      schema: { summary: "Walk the whole chain and say whether it holds", response: answers(200, VerificationSchema) },
    },
    async (): Promise<Verification> => {
      const verdict = await ledger.verify();
      return verdict.intact
        ? { intact: true, ...verdict.head }
        : { intact: false, ...verdict.verified, break: { ...verdict.break } };
    },
  );
  app.get(
    "/api/v1/evidence/:seq",
    {
      config: { role: "viewer" },
      schema: {
        summary: "One record with its facts",
        params: Type.Object({ seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
        response: answers(200, EvidenceDetailSchema),
      },
    },
    async (request): Promise<EvidenceDetail> => {
      const record = await ledger.find(request.params.seq);
      if (!record) throw new MusterError("not-found", `the ledger has no record ${request.params.seq}`);
      const { evidence } = record;
      if (evidence.kind !== "judgement") return { record, facts: {} };
      const digests = Object.entries(evidence.facts).flatMap(([kind, digest]) =>
        digest ? [[kind, digest] as const] : [],
      );
      const kept = await ledger.facts(digests.map(([, digest]) => digest));
      const facts = Object.fromEntries(
        digests.flatMap(([kind, digest]) => {
          const value = kept.get(digest);
          return value ? [[kind, value]] : [];
        }),
      );
      const check = catalog.checks.get(evidence.check);
      return { record, facts, ...(check ? { check: describeCheck(check) } : {}) };
    },
  );
}
