import type { ModelCard } from "../model/card.ts";
import { type Inspection, proveGolden } from "../model/golden.ts";
import type { ModelSession } from "../model/runtime.ts";
import type { Signature } from "../model/signature.ts";
import type { Tensors } from "../tensor/tensor.ts";
import { type BatcherOptions, type BatchReport, createBatcher } from "./batcher.ts";

/** A version as it is put into service. */
export interface Servable {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the artefact. */
  readonly digest: string;
  readonly card: ModelCard;
  readonly inspection: Inspection;
}

/** What a caller wants computed. */
export interface PredictionRequest {
  readonly inputs: Tensors;
  /** Outputs by name, in the order wanted; absent for all of them. */
  readonly outputs?: readonly string[];
}

/** A version of a model that answers predictions. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the artefact. */
  readonly digest: string;
  readonly card: ModelCard;
  readonly signature: Signature;
  /** Whether rows do not influence each other, so that requests may share a run. */
  readonly batchable: boolean;
  /** Milliseconds that it computes for one of its cases; undefined where it was not timed. */
  readonly runMs: number | undefined;
  /**
   * Every output of inputs that fit the signature and have a number of rows.
   * @throws {MusterError} `invalid-request` when the graph cannot compute with them, `overloaded` when too much waits.
   */
  compute(inputs: Tensors, rows: number): Promise<Tensors>;
  /** Frees the model; predictions that were accepted finish first. */
  close(): Promise<void>;
}

export interface ServingLimits {
  /** Rows of one run at most. */
  readonly maxBatchRows: number;
  /** Rows that wait for a model at most. */
  readonly maxPendingRows: number;
}

export interface ServingOptions {
  /** Runs at once; see {@link createBatcher}. */
  readonly maxRuns?: number;
  readonly wait?: BatcherOptions["wait"];
  readonly limits: ServingLimits;
  schedule(flush: () => void): void;
  observeBatch(model: Servable, report: BatchReport): void;
}

/**
 * Puts a loaded model into service, warm: its golden cases have run and gave the recorded answers.
 * @throws {MusterError} `model-invalid` when they did not.
 */
export async function serveModel(
  session: ModelSession,
  servable: Servable,
  options: ServingOptions,
): Promise<ServedModel> {
  const { signature } = session;
  const { batchable, golden } = servable.inspection;
  await proveGolden(session, golden);
  const { maxBatchRows, maxPendingRows } = options.limits;
  const batcher = createBatcher({
    maxPendingRows,
    ...(options.maxRuns === undefined ? {} : { maxRuns: options.maxRuns }),
    ...(options.wait === undefined ? {} : { wait: options.wait }),
    // A model that is not batchable is run request by request, through the same bounded queue.
    maxBatchRows: batchable ? maxBatchRows : 1,
    run: (inputs) => session.run(inputs),
    schedule: (flush) => options.schedule(flush),
    observe: (report) => options.observeBatch(servable, report),
  });

  return {
    name: servable.name,
    version: servable.version,
    digest: servable.digest,
    card: servable.card,
    signature,
    batchable,
    runMs: servable.inspection.runMs,
    compute: (inputs, rows) => batcher.submit(inputs, rows),
    async close() {
      await batcher.idle();
      await session.close();
    },
  };
}
