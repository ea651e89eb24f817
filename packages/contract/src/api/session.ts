import { ROLES } from "@muster/kernel";
import Type, { type Static } from "typebox";

/** Body of `POST /api/v1/session`: the secret of a one-time sign-in link. */
export const SignInSchema = Type.Object(
  { token: Type.String({ minLength: 20, maxLength: 200 }) },
  { additionalProperties: false },
);

/** Who is signed in. */
export const SessionSchema = Type.Object({
  user: Type.String(),
  role: Type.Enum([...ROLES]),
  expiresAt: Type.String({ format: "date-time" }),
});
export type Session = Static<typeof SessionSchema>;
