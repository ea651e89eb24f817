import type { Secret } from "@muster/kernel";

/** A model platform as Muster speaks to it. */
export interface ModelPlatform {
  readonly url: URL;
  /** Muster's own API key there. */
  readonly key: Secret;
}
