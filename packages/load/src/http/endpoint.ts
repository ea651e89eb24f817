import { isIP } from "node:net";
import { MusterError } from "@muster/kernel";
import type { Endpoint } from "./connection.ts";

/**
 * The endpoint that an address names.
 * @throws {MusterError} `target-invalid` for anything but http and https.
 */
export function endpointOf(url: URL, insecure = false): Endpoint {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new MusterError("target-invalid", `"${url.href}" is neither an http nor an https address`);
  }
  const tls = url.protocol === "https:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? (tls ? 443 : 80) : Number(url.port);
  return { host, port, tls, insecure, ...(isIP(host) === 0 ? { serverName: host } : {}) };
}
