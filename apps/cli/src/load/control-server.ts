import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { loadReportPrometheus, type LoadProgress, type RunningLoad } from "@muster/load";

/**
 * A field that every command must carry. A page in a browser cannot send it to another origin without asking first,
 * and nobody answers.
 */
export const CONTROL_FIELD = "x-muster-control";
const MAX_FACTOR = 1_000;

/** Lets others watch and steer a run: only from this machine, only while it runs. */
export interface ControlServer {
  readonly url: string;
  /** Notes how the run goes, for `/status`. */
  note(progress: LoadProgress): void;
  close(): void;
}

/** Opens the control of a run on a port of the loopback interface; 0 takes a free one. */
export async function openControl(load: RunningLoad, port: number): Promise<ControlServer> {
  let progress: LoadProgress | undefined;
  const server: Server = createServer((request, response) => handle(load, () => progress, server, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    note: (latest) => (progress = latest),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function handle(
  load: RunningLoad,
  progress: () => LoadProgress | undefined,
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { port } = server.address() as AddressInfo;
  // A name that was made to point here (DNS rebinding) is not us.
  if (request.headers.host !== `127.0.0.1:${port}` && request.headers.host !== `localhost:${port}`) {
    answer(response, 403, { error: "this address is only for programs on this machine" });
    return;
  }
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  if (request.method === "GET") read(load, progress(), url.pathname, response);
  else if (request.method !== "POST") answer(response, 405, { error: "use GET or POST" });
  else if (request.headers[CONTROL_FIELD] === undefined) {
    answer(response, 403, { error: `a command needs the field ${CONTROL_FIELD}` });
  } else command(load, url, response);
}

function read(load: RunningLoad, progress: LoadProgress | undefined, path: string, response: ServerResponse): void {
  switch (path) {
    case "/status":
      answer(response, 200, progress ?? {});
      break;
    case "/metrics": {
      const report = load.interim();
      response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
      response.end(report === undefined ? "" : loadReportPrometheus(report));
      break;
    }
    default:
      answer(response, 404, { error: "there is /status and /metrics to read" });
  }
}

function command(load: RunningLoad, url: URL, response: ServerResponse): void {
  switch (url.pathname) {
    case "/pause":
      load.pause();
      break;
    case "/resume":
      load.resume();
      break;
    case "/stop":
      load.stop("it was stopped by command");
      break;
    case "/scale": {
      const factor = Number(url.searchParams.get("factor"));
      if (!(factor > 0) || factor > MAX_FACTOR) {
        answer(response, 400, { error: `factor must be above 0 and at most ${MAX_FACTOR}` });
        return;
      }
      load.scale(factor);
      break;
    }
    default:
      answer(response, 404, { error: "there is /pause, /resume, /scale and /stop" });
      return;
  }
  answer(response, 200, { done: url.pathname.slice(1) });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}
