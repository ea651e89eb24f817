import { cancel, intro, isCancel, text } from "@clack/prompts";
import { MusterError } from "@muster/kernel";
import { addressProblem } from "./answers.ts";

/** Asks for what could not be found out. Only called where somebody can answer. */
export async function ask(asked: {
  readonly owner: string | undefined;
  readonly url: string | undefined;
}): Promise<{ readonly owner: string | undefined; readonly url: string | undefined }> {
  if (asked.owner === undefined && asked.url === undefined) return asked;
  intro("A configuration for this service");
  const url =
    asked.url === undefined
      ? undefined
      : await answer({
          message: "Where does the service answer?",
          initialValue: asked.url,
          validate: (value) => addressProblem(value ?? ""),
        });
  const owner =
    asked.owner === undefined
      ? undefined
      : await answer({
          message: "Who answers for it?",
          initialValue: asked.owner,
          validate: (value) => ((value ?? "").trim() === "" ? "must not be empty" : undefined),
        });
  return { owner, url };
}

async function answer(question: Parameters<typeof text>[0]): Promise<string> {
  const given = await text(question);
  if (isCancel(given)) {
    cancel("Nothing was written.");
    throw new MusterError("interrupted", "the questions were not answered");
  }
  return given;
}
