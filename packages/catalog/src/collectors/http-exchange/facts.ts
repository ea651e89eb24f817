import { defineFacts, type FactsOf } from "@muster/contract";
import { Type } from "typebox";
import { BodySchema } from "../../wire/body-facts.ts";
import { CookieSchema } from "../../wire/cookie.ts";
import { FailureSchema } from "../../wire/failure.ts";

const Milliseconds = Type.Number({ minimum: 0 });

const TimingsSchema = Type.Object({
  dnsMs: Type.Optional(Milliseconds),
  connectMs: Type.Optional(Milliseconds),
  tlsMs: Type.Optional(Milliseconds),
  /** From the start until status and headers were there. */
  headersMs: Type.Optional(Milliseconds),
  totalMs: Milliseconds,
});

/** Facts of asking the base address, as an anonymous visitor does. */
export const httpExchangeFacts = defineFacts(
  "http-exchange",
  Type.Object({
    /** The address that was asked, without credentials. */
    url: Type.String(),
    observedAt: Type.String(),
    /** Redirects in order, followed or not. */
    hops: Type.Array(Type.Object({ url: Type.String(), status: Type.Integer(), location: Type.String() })),
    /** Why a redirect was not followed; the answer is then the redirect itself. */
    stopped: Type.Optional(Type.Enum(["elsewhere", "loop", "too-many", "invalid"])),
    /** Cookies of all hops, without their values. */
    cookies: Type.Array(Type.Object({ url: Type.String(), ...CookieSchema.properties })),
    /** Why there is no answer, or not all of it. */
    failure: Type.Optional(FailureSchema),
    /** The last answer, as far as it came. */
    answer: Type.Optional(
      Type.Object({
        url: Type.String(),
        status: Type.Integer(),
        httpVersion: Type.String(),
        /** In wire order, names in lower case, secrets redacted. */
        headers: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
        body: BodySchema,
        tls: Type.Optional(
          Type.Object({
            protocol: Type.String(),
            /** Whether the certificate is trusted and names the host. */
            authorized: Type.Boolean(),
            error: Type.Optional(Type.String()),
          }),
        ),
        timings: TimingsSchema,
      }),
    ),
    /** Every time the last address was asked, the answer above being the first. */
    repetitions: Type.Array(
      Type.Object({
        totalMs: Milliseconds,
        status: Type.Optional(Type.Integer()),
        failure: Type.Optional(FailureSchema),
      }),
    ),
  }),
);

export type HttpExchange = FactsOf<typeof httpExchangeFacts>;
