/** The thread of one model: loads it, and computes what it is asked, one after the other. */
import { parentPort, workerData } from "node:worker_threads";
import { createOnnxRuntime } from "./onnx-runtime.ts";
import { failureOf, type ThreadReply, type ThreadRequest, type ThreadStart } from "./thread-protocol.ts";

if (!parentPort) throw new Error("this program runs as a thread");
const port = parentPort;
const { artefact, threads } = workerData as ThreadStart;

function reply(message: ThreadReply): void {
  port.postMessage(message);
}

try {
  const session = await createOnnxRuntime({ threads }).load(artefact);
  const accepted = new Set<Promise<void>>();
  port.on("message", (request: ThreadRequest) => {
    if ("close" in request) {
      void Promise.all(accepted).then(() => {
        port.close();
        return session.close();
      });
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
