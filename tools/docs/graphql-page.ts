import { GRAPHQL_SDL } from "../../apps/models/src/http/graphql/sdl.ts";
import { madeFrom } from "./markdown.ts";

/** The page of what the model platform can be asked by GraphQL. */
export function graphqlPage(): string {
  return [
    "# GraphQL of the model platform",
    "",
    madeFrom("apps/models/src/http/graphql/sdl.ts"),
    "",
    "`POST /v1/graphql` answers `{ query, variables, operationName }` with what REST would give, in the shape that the",
    "query asks for. It only reads. `@needs` names the least role that may read a type or a field; what a caller may not",
    "read is `null`, and an error with the code `forbidden` names it.",
    "",
    "A page has at most 100 entries, a document at most 2,000 tokens, a query at most 16 levels and, all its pages being",
    "full, 20,000 fields. Errors carry a code of the [catalogue](errors.md) in `extensions.code`. The status is 200 where",
    "anything was answered, or else that of the first error.",
    "",
    "```graphql",
    // Where it is written it is set in by two spaces.
    GRAPHQL_SDL.replaceAll(/^ {2}/gm, "").trim(),
    "```",
    "",
  ].join("\n");
}
