import { MusterError } from "@muster/kernel";
import pino from "pino";
import { readConfiguration } from "./configuration.ts";
import { startService } from "./service.ts";

/** Milliseconds that accepted requests have to finish after the signal to stop. */
const STOP_WITHIN = 10_000;

const log = pino({
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});

try {
  const configuration = readConfiguration(process.env);
  log.level = configuration.logLevel;
  const service = await startService(configuration, log);
  const stop = once((reason: string) => {
    log.info({ reason }, "stopping");
    setTimeout(() => process.exit(1), STOP_WITHIN).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "stopping failed");
        process.exit(1);
      },
    );
  });
  process.once("SIGTERM", () => stop("SIGTERM"));
  process.once("SIGINT", () => stop("SIGINT"));
  if (configuration.exitWithParent) {
    process.stdin.once("end", () => stop("the parent went away"));
    process.stdin.once("error", () => stop("the parent went away"));
    process.stdin.resume();
  }
  if (service.firstAdmin !== undefined) {
    // The one secret that is ever printed: it is good once, for an hour, and only until a password is chosen.
    log.info({ user: "admin", token: service.firstAdmin }, "choose a password with POST /v1/session/link");
  }
  log.info({ url: service.url }, "listening");
} catch (error) {
  if (error instanceof MusterError) {
    log.fatal({ code: error.code, problems: error.problems, fix: error.entry.fix }, error.message);
    process.exit(error.entry.exit);
  }
  log.fatal({ err: error }, "the service did not start");
  process.exit(3);
}

function once(action: (reason: string) => void): (reason: string) => void {
  let done = false;
  return (reason) => {
    if (done) return;
    done = true;
    action(reason);
  };
}
