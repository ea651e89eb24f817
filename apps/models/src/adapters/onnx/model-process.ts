/** The process of one model: reads it from standard input, and computes what it is asked, one after the other. */
import { createOnnxRuntime } from "./onnx-runtime.ts";
import { failureOf, type ProcessReply, type ProcessRequest } from "./process-protocol.ts";

function reply(message: ProcessReply): void {
  // When the service is gone nobody waits for this, and the process ends.
  process.send?.(message, undefined, undefined, () => undefined);
}

// The service decides when this ends: a signal to the whole group must not cut off what was accepted.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit());

try {
  const artefact = Buffer.concat((await process.stdin.toArray()) as Buffer[]);
  const session = await createOnnxRuntime({ threads: Number(process.argv[2]) }).load(artefact);
  const accepted = new Set<Promise<void>>();
  process.on("message", (request: ProcessRequest) => {
    if ("close" in request) {
      void Promise.all(accepted).then(() => process.disconnect?.());
      return;
    }
    const { run } = request;
    const answered = session
      .run(request.inputs)
      .then(
        (outputs) => reply({ run, outputs }),
        (error: unknown) => reply({ run, failure: failureOf(error) }),
      )
      .finally(() => accepted.delete(answered));
    accepted.add(answered);
  });
  reply({ ready: session.signature });
} catch (error) {
  reply({ refused: failureOf(error) });
}
