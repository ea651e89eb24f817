import type { Judgement } from "@muster/kernel";
import { failureText } from "../../wire/failure.ts";
import type { TlsHandshake } from "./facts.ts";

/**
 * The judgement of a check that needs a TLS session where there is none: a refused handshake is a
 * failure of the service's TLS, anything before it says nothing about TLS.
 */
export function unreached({ host, port, failure }: TlsHandshake): Judgement {
  const reason = failure ? failureText(failure) : "there was no session";
  if (failure?.phase !== "tls") return { outcome: "unknown", summary: `${host}:${port} was not reached: ${reason}` };
  return {
    outcome: "fail",
    summary: `no TLS session with ${host}:${port}: ${failure.message}, expected a handshake`,
    findings: [{ resource: `${host}:${port}`, message: reason }],
  };
}
