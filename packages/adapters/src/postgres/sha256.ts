import { hash } from "node:crypto";
import type { Sha256 } from "@muster/kernel";

/** SHA-256 by Node's own cryptography. */
export const nodeSha256: Sha256 = (text) => hash("sha256", text);
