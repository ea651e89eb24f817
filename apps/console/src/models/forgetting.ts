/** By what remembered answers are chosen. */
export const FORGET_BY = ["pattern", "tag", "key"] as const;

/** A choice of remembered answers. */
export interface Forgetting {
  readonly by: (typeof FORGET_BY)[number];
  readonly text: string;
}

/** The choice as the query of a removal; undefined where nothing is chosen, which must never mean all. */
export function forgetQuery({ by, text }: Forgetting): string | undefined {
  const chosen = text.trim();
  return chosen === "" ? undefined : `?${new URLSearchParams({ [by]: chosen })}`;
}

/** The pattern of the keys that a choice covers, so that they can be counted; undefined for a tag that is none. */
export function keysOf({ by, text }: Forgetting): string | undefined {
  const chosen = text.trim();
  if (chosen === "") return undefined;
  if (by !== "tag") return chosen;
  const [, model] = /^model:([a-z0-9-]+)$/.exec(chosen) ?? [];
  if (model !== undefined) return `model:${model}:*`;
  const [, name, version] = /^version:([a-z0-9-]+)@(\d+)$/.exec(chosen) ?? [];
  // No key looks like this, so that an unknown tag counts nothing.
  return name === undefined ? "model::none" : `model:${name}:${version}:*`;
}

/** The command that forgets the same. */
export function forgetCommand(forgetting: Forgetting): string {
  return `curl -s -X DELETE "$MODELS_URL/v1/cache/keys${forgetQuery(forgetting) ?? ""}" -H "authorization: Bearer $KEY"`;
}
