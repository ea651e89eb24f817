import { Failure } from "./failure.ts";

/** Whether asking again can help: when nothing answered or the server was overloaded, not when it said no. */
export function worthRetrying(failures: number, error: unknown): boolean {
  if (failures >= 2 || !(error instanceof Failure)) return false;
  return error.status === 0 || error.status === 502 || error.status === 503 || error.status === 504;
}
