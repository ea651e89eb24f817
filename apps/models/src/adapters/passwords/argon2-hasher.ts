import { hash, verify } from "@node-rs/argon2";
import { MusterError } from "@muster/kernel";
import type { PasswordHasher } from "../../domain/access/access-control.ts";

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Hashing keeps a core busy for 10 ms; more at once would take the cores from the predictions. */
const MAX_RUNNING = 2;
const MAX_WAITING = 32;

/** Hashes passwords with argon2id, few at a time. */
export async function createArgon2Hasher(): Promise<PasswordHasher> {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= MAX_RUNNING) {
      if (waiting.length >= MAX_WAITING) throw new MusterError("overloaded", "too many logins at once");
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }

  return {
    hash: (password) => inTurn(() => hash(password.normalize("NFKC"), COST)),
    verify: (known, password) => inTurn(() => verify(known, password.normalize("NFKC"))),
    decoy: await hash(crypto.randomUUID(), COST),
  };
}
