/** The model platform with a runtime that answers without computing: what a request costs apart from inference. */
import pino from "pino";
import { createOnnxRuntime } from "../../apps/models/src/adapters/onnx/onnx-runtime.ts";
import { readConfiguration } from "../../apps/models/src/configuration.ts";
import type { ModelRuntime } from "../../apps/models/src/domain/model/runtime.ts";
import { allocate, elementCount, type Tensor } from "../../apps/models/src/domain/tensor/tensor.ts";
import { startService } from "../../apps/models/src/service.ts";

const real = createOnnxRuntime({ threads: 1 });
/** Trying the model out and warming it up compute; what comes later does not. */
const REAL_RUNS = 10;

const runtime: ModelRuntime = {
  async load(artefact) {
    const session = await real.load(artefact);
    let runs = 0;
    return {
      ...session,
      run(inputs) {
        runs += 1;
        if (runs <= REAL_RUNS) return session.run(inputs);
        const rows = inputs.values().next().value?.shape[0] ?? 1;
        const outputs = session.signature.outputs.map(({ name, datatype, shape }): [string, Tensor] => {
          const sizes = shape.map((size) => (size === -1 ? rows : size));
          return [name, { datatype, shape: sizes, data: allocate(datatype, elementCount(sizes)) }];
        });
        return Promise.resolve(new Map(outputs));
      },
    };
  },
};

const log = pino({ level: "error" });
const service = await startService(readConfiguration(process.env), log, { runtime });
process.stdout.write(`${JSON.stringify({ msg: "listening", url: service.url, token: service.firstAdmin })}\n`);
process.once("SIGTERM", () => void service.stop().then(() => process.exit(0)));
