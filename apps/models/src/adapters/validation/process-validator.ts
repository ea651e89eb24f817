import { fileURLToPath } from "node:url";
import { MusterError } from "@muster/kernel";
import type { ModelValidator } from "../../domain/registry/model-validator.ts";
import { type Confinement, type ConfinedResult, runConfined } from "../confined/confined-task.ts";
import { packValidation, type ValidationAnswer } from "./message.ts";

const PROGRAM = fileURLToPath(new URL("./validate.ts", import.meta.url));

/** Validates models in a process that is made for each and killed when it goes too far. */
export function createProcessValidator(confinement: Confinement): ModelValidator {
  return {
    async validate(artefact, card) {
      const result = await runConfined(PROGRAM, packValidation(artefact, card), confinement);
      if (result.end !== "answered") throw new MusterError("model-invalid", reasonOf(result, confinement));
      const answer = JSON.parse(result.output.toString("utf8")) as ValidationAnswer;
      if (!answer.valid) throw new MusterError("model-invalid", answer.reason);
      return answer.inspection;
    },
  };
}

function reasonOf(result: Exclude<ConfinedResult, { end: "answered" }>, { timeoutMs, maxMemory }: Confinement): string {
  switch (result.end) {
    case "timeout":
      return `trying it out took longer than ${timeoutMs / 1_000} s`;
    case "memory":
      return `trying it out needed more than ${Math.round(maxMemory / 1_048_576)} MiB of memory`;
    case "output":
      return "its golden answers are larger than can be kept";
    case "crashed":
      return `the runtime crashed when it opened it (${result.how})`;
  }
}
