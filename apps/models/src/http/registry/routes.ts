import multipart from "@fastify/multipart";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { problemsOf } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { includesRole } from "../../domain/access/role.ts";
import { type ModelCard, ModelCardSchema, MODEL_NAME_PATTERN } from "../../domain/model/card.ts";
import type { ArtefactStore, StoredArtefact } from "../../domain/registry/artefact-store.ts";
import { publish, type PublishingParts } from "../../domain/registry/publishing.ts";
import { type Alias, ALIASES, type AliasRecord, CHAMPION, type VersionRecord } from "../../domain/registry/registry.ts";
import { DATATYPES } from "../../domain/tensor/tensor.ts";
import { callerOf } from "../access/guard.ts";
import { answers, Instant } from "../answers.ts";
import { sendFile, sentUnchanged } from "../delivery/send-file.ts";
import { expectedRevision } from "./revision.ts";
import { type TrafficRouteOptions, trafficRoutes } from "./traffic-routes.ts";

const ModelName = Type.String({ pattern: MODEL_NAME_PATTERN });
const VersionText = Type.String({ pattern: "^[1-9][0-9]{0,8}$" });
const AliasName = Type.Enum([...ALIASES]);
const ModelParams = Type.Object({ model: ModelName });
const VersionParams = Type.Object({ model: ModelName, version: VersionText });
const AliasParams = Type.Object({ model: ModelName, alias: AliasName });

const Tensor = Type.Object({
  name: Type.String(),
  datatype: Type.Enum([...DATATYPES]),
  shape: Type.Array(Type.Integer()),
});
const VersionSchema = Type.Object({
  model: Type.String(),
  version: Type.String(),
  digest: Type.String({ description: "SHA-256 of the artefact" }),
  bytes: Type.Integer(),
  card: ModelCardSchema,
  signature: Type.Object({ inputs: Type.Array(Tensor), outputs: Type.Array(Tensor) }),
  batchable: Type.Boolean({ description: "Whether requests share runs" }),
  createdAt: Instant,
  createdBy: Type.String(),
});
const AliasSchema = Type.Object({
  model: Type.String(),
  alias: AliasName,
  version: Type.String(),
  revision: Type.Integer({ description: "Also the ETag; send it as If-Match to change the alias" }),
  changedAt: Instant,
  changedBy: Type.String(),
});
const ModelSchema = Type.Object({
  name: Type.String(),
  versions: Type.Array(Type.String()),
  aliases: Type.Record(Type.String(), Type.String()),
});

export interface RegistryRouteOptions extends PublishingParts, TrafficRouteOptions {
  /** Brings a version into memory and warms it up, so that an alias never names what is cold. */
  readonly warm: (model: string, version: string) => Promise<unknown>;
  /** Bytes of a model at most. */
  readonly maxModelBytes: number;
}

/** Models, versions and aliases. */
export async function registryRoutes(plain: FastifyInstance, options: RegistryRouteOptions): Promise<void> {
  const { registry, warm, follow } = options;
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  await app.register(multipart, {
    limits: { files: 1, fields: 1, parts: 2, fieldSize: 1_048_576, fileSize: options.maxModelBytes, headerPairs: 20 },
  });
  await app.register(trafficRoutes, options);
  const tags = ["Models"];
  const read = { access: { role: "viewer", scope: "read" } } as const;
  const kept = { ...read, kept: "private" } as const;
  const take = { access: { role: "scientist", scope: "read" } } as const;
  const add = { access: { role: "scientist", scope: "write" } } as const;
  const operate = { access: { role: "operator", scope: "write" } } as const;

  app.get(
    "/v1/models",
    { config: kept, schema: { tags, summary: "Models", response: answers(200, Type.Array(ModelSchema)) } },
    async () => {
      const { versions, aliases } = await registry.snapshot();
      return [...new Set(versions.map(({ model }) => model))].toSorted().map((name) => ({
        name,
        versions: versions.filter(({ model }) => model === name).map(({ version }) => version),
        aliases: Object.fromEntries(
          aliases.filter(({ model }) => model === name).map(({ alias, version }) => [alias, version]),
        ),
      }));
    },
  );

  app.post(
    "/v1/models/:model/versions",
    {
      config: add,
      schema: {
        tags,
        summary: "Add a version: multipart/form-data with `card` (JSON) and `model` (an ONNX file)",
        consumes: ["multipart/form-data"],
        params: ModelParams,
        response: { ...answers(201, VersionSchema), 200: VersionSchema },
      },
    },
    async (request, reply) => {
      const { card, stored } = await receive(request, options);
      const { model } = request.params;
      const { record, created } = await publish(options, { model, card, stored }, callerOf(request).user);
      await follow();
      return reply
        .code(created ? 201 : 200)
        .header("location", `/v1/models/${model}/versions/${record.version}`)
        .send(shownVersion(record));
    },
  );

  app.get(
    "/v1/models/:model/versions",
    {
      config: kept,
      schema: {
        tags,
        summary: "Versions, newest first",
        params: ModelParams,
        response: answers(200, Type.Array(VersionSchema)),
      },
    },
    async ({ params: { model } }) => {
      const versions = await registry.versions(model);
      if (versions.length === 0) throw new MusterError("not-found", `no model is called "${model}"`);
      return versions.map(shownVersion);
    },
  );

  app.get(
    "/v1/models/:model/versions/:version",
    {
      config: kept,
      schema: { tags, summary: "A version", params: VersionParams, response: answers(200, VersionSchema) },
    },
    async ({ params: { model, version } }) => {
      const record = await registry.version(model, version);
      if (!record) throw new MusterError("not-found", `model "${model}" has no version "${version}"`);
      return shownVersion(record);
    },
  );

  app.get(
    "/v1/artefacts/:digest",
    {
      config: take,
      schema: {
        tags,
        summary: "Download an artefact by its digest; it never changes, and parts of it can be asked for",
        produces: ["application/octet-stream"],
        params: Type.Object({ digest: Type.String({ pattern: "^[0-9a-f]{64}$" }) }),
        response: { ...answers(200, Type.Any()), 206: Type.Any() },
      },
    },
    async (request, reply) => {
      const { digest } = request.params;
      // What no version needs may be an upload that was refused.
      if (!(await registry.digests()).has(digest)) throw new MusterError("not-found", "no version has this artefact");
      if (sentUnchanged(request, reply, `"${digest}"`, "immutable")) return reply;
      const { bytes, read: content } = await options.artefacts.open(digest);
      const type = "application/octet-stream";
      return sendFile(request, reply, { bytes, type, name: `${digest.slice(0, 12)}.onnx`, read: content });
    },
  );

  app.delete(
    "/v1/models/:model/versions/:version",
    {
      config: operate,
      schema: { tags, summary: "Delete a version that no alias names", params: VersionParams, response: answers(204) },
    },
    async (request, reply) => {
      const { model, version } = request.params;
      await registry.deleteVersion(model, version, callerOf(request).user);
      await follow();
      return reply.code(204).send(null);
    },
  );

  app.get(
    "/v1/models/:model/aliases/:alias",
    {
      config: kept,
      schema: {
        tags,
        summary: "Which version an alias names",
        params: AliasParams,
        response: answers(200, AliasSchema),
      },
    },
    async ({ params: { model, alias } }, reply) => {
      const record = (await registry.aliases(model)).find((each) => each.alias === alias);
      if (!record) throw new MusterError("not-found", `model "${model}" has no ${alias}`);
      return reply.header("etag", etag(record)).send(record);
    },
  );

  app.get(
    "/v1/models/:model/aliases/:alias/history",
    {
      config: kept,
      schema: {
        tags,
        summary: "Changes of an alias, newest first",
        params: AliasParams,
        response: answers(200, Type.Array(AliasSchema)),
      },
    },
    async ({ params: { model, alias } }) => [...(await registry.aliasHistory(model, alias))],
  );

  app.put(
    "/v1/models/:model/aliases/:alias",
    {
      config: add,
      schema: {
        tags,
        summary: "Let an alias name a version; it is warm before the first caller gets it",
        params: AliasParams,
        headers: Type.Object({
          "if-match": Type.Optional(Type.String()),
          "if-none-match": Type.Optional(Type.String()),
        }),
        body: Type.Object({ version: VersionText }, { additionalProperties: false }),
        response: answers(200, AliasSchema),
      },
    },
    async (request, reply) => {
      const { model, alias } = request.params;
      const record = await change(request, model, alias, request.body.version, expectedRevision(request));
      return reply.header("etag", etag(record)).send(record);
    },
  );

  app.post(
    "/v1/models/:model/aliases/:alias/rollback",
    {
      config: operate,
      schema: {
        tags,
        summary: "Let an alias name what it named before",
        params: AliasParams,
        headers: Type.Object({ "if-match": Type.Optional(Type.String()) }),
        response: answers(200, AliasSchema),
      },
    },
    async (request, reply) => {
      const { model, alias } = request.params;
      const [current, ...older] = await registry.aliasHistory(model, alias);
      const before = older.find(({ version }) => version !== current?.version);
      if (!current || !before)
        throw new MusterError("conflict", `${alias} of "${model}" has named nothing else before`);
      const expected = request.headers["if-match"] === undefined ? current.revision : expectedRevision(request);
      const record = await change(request, model, alias, before.version, expected);
      return reply.header("etag", etag(record)).send(record);
    },
  );

  async function change(
    request: FastifyRequest,
    model: string,
    alias: Alias,
    version: string,
    expected: number,
  ): Promise<AliasRecord> {
    const caller = callerOf(request);
    if (alias === CHAMPION && !includesRole(caller.role, "operator")) {
      throw new MusterError("forbidden", `changing the champion needs the role operator, and you are ${caller.role}`);
    }
    if (!(await registry.version(model, version))) {
      throw new MusterError("not-found", `model "${model}" has no version "${version}"`);
    }
    await follow();
    await warm(model, version);
    const record = await registry.setAlias(model, alias, version, expected, caller.user);
    await follow();
    return record;
  }
}

/** Reads the two parts of an upload, in whichever order they come, the model straight to the store. */
async function receive(
  request: FastifyRequest,
  { artefacts, maxModelBytes }: { readonly artefacts: ArtefactStore; readonly maxModelBytes: number },
): Promise<{ card: ModelCard; stored: StoredArtefact }> {
  if (!request.isMultipart())
    throw new MusterError("unsupported-media", "send multipart/form-data with card and model");
  let card: ModelCard | undefined;
  let stored: StoredArtefact | undefined;
  for await (const part of request.parts()) {
    if (part.type === "file" && part.fieldname === "model") {
      // The store counts too; the parser's own limit would cut the file off without a word.
      stored = await artefacts.put(part.file, maxModelBytes);
      if (part.file.truncated) throw new MusterError("too-large", `the model is longer than ${maxModelBytes} bytes`);
    } else if (part.type === "field" && part.fieldname === "card") {
      card = readCard(part.value);
    } else {
      throw new MusterError("invalid-request", `the part "${part.fieldname}" is not known; send card and model`);
    }
  }
  const missing = [card ? undefined : "card", stored ? undefined : "model"].filter((name) => name !== undefined);
  if (!card || !stored) {
    const problems = missing.map((path) => ({ path, message: "is missing" }));
    throw new MusterError("invalid-request", "the upload is not complete", { problems });
  }
  return { card, stored };
}

function readCard(text: unknown): ModelCard {
  let card: unknown;
  try {
    card = JSON.parse(String(text));
  } catch {
    throw new MusterError("invalid-request", "the card is not JSON");
  }
  const problems = problemsOf(ModelCardSchema, card);
  if (problems.length > 0) {
    const places = problems.map(({ path, message }) => ({ path: path === "" ? "card" : `card.${path}`, message }));
    throw new MusterError("invalid-request", "the card does not hold", { problems: places });
  }
  return card as ModelCard;
}

function etag({ revision }: AliasRecord): string {
  return `"${revision}"`;
}

function shownVersion({ inspection, ...record }: VersionRecord) {
  const tensors = (specs: typeof inspection.signature.inputs) =>
    specs.map((spec) => ({ ...spec, shape: [...spec.shape] }));
  return {
    ...record,
    signature: { inputs: tensors(inspection.signature.inputs), outputs: tensors(inspection.signature.outputs) },
    batchable: inspection.batchable,
  };
}
