import type { CacheLevel, ResponseCache } from "../cache/response-cache.ts";
import { checkInputs, checkOutputs } from "../model/signature.ts";
import type { Tensors } from "../tensor/tensor.ts";
import type { Shadow } from "../traffic/shadow.ts";
import type { Asked, Recorder } from "../monitoring/recorder.ts";
import type { PredictionRequest, ServedModel } from "./served-model.ts";

export interface Prediction {
  readonly outputs: Tensors;
  /** Rows that were asked for. */
  readonly rows: number;
  /** Where the cache had the answer; absent where there is no cache, or it was not asked. */
  readonly cached?: CacheLevel;
  /** Whether it is recorded under the id that was asked with, so that its truth can be told. */
  readonly recorded?: boolean;
}

/** What a caller says beside the question. */
export interface PredictionOptions {
  /** Computed now, whatever the cache has. */
  readonly fresh?: boolean;
  /** Who asks, and the id of the asking; without it nothing is recorded. */
  readonly asked?: Asked;
}

/** Answers predictions, whichever protocol they came by. */
export interface Predictor {
  /**
   * @throws {MusterError} `invalid-request` when the request does not fit the signature or the graph,
   *   `overloaded` when too much waits.
   */
  predict(model: ServedModel, request: PredictionRequest, options?: PredictionOptions): Promise<Prediction>;
}

export interface PredictorOptions {
  readonly maxRequestRows: number;
  readonly cache: ResponseCache | undefined;
  readonly shadow: Shadow;
  /** Absent where nothing can be recorded. */
  readonly recorder: Pick<Recorder, "take"> | undefined;
  observe(model: ServedModel, prediction: Prediction): void;
}

export function createPredictor({ maxRequestRows, cache, shadow, recorder, observe }: PredictorOptions): Predictor {
  return {
    async predict(model, { inputs, outputs: wanted }, options) {
      const rows = checkInputs(model.signature, inputs, maxRequestRows);
      if (wanted) checkOutputs(model.signature, wanted);
      // A question that must be fresh is computed, and its answer not kept: the cache may have a newer one.
      const answer =
        cache === undefined || options?.fresh === true
          ? undefined
          : cache.answer(model, inputs, () => model.compute(inputs, rows));
      const all = await (answer ? answer.outputs : model.compute(inputs, rows));
      shadow.consider(model, inputs, rows, all);
      const outputs = wanted ? selected(all, wanted) : all;
      const recorded =
        recorder !== undefined &&
        options?.asked !== undefined &&
        recorder.take(model, options.asked, inputs, all, rows);
      const prediction = answer ? { outputs, rows, cached: answer.level, recorded } : { outputs, rows, recorded };
      observe(model, prediction);
      return prediction;
    },
  };
}

function selected(outputs: Tensors, wanted: readonly string[]): Tensors {
  return new Map(
    wanted.flatMap((name) => {
      const tensor = outputs.get(name);
      return tensor ? [[name, tensor] as const] : [];
    }),
  );
}
