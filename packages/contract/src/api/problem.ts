import { ERRORS, type ErrorCode } from "@muster/kernel";
import Type, { type Static } from "typebox";

/** Every error answer of the API: `application/problem+json` (RFC 9457) with Muster's code, cause and fix. */
export const ProblemSchema = Type.Object({
  type: Type.String({ description: "Address of the error's documentation" }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.Enum(Object.keys(ERRORS) as ErrorCode[]),
  fix: Type.String(),
  requestId: Type.String(),
  problems: Type.Array(Type.Object({ path: Type.String(), message: Type.String() })),
});
export type ProblemAnswer = Static<typeof ProblemSchema>;
