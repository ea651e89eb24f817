import { queryOptions } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { Answered, CallOptions, PlatformMethod } from "../api/client.ts";
import { Failure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";

/** The model platform that the page is about. */
export interface Platform {
  readonly environment: string;
  /** What the configuration allows for the 95th percentile under load, in milliseconds. */
  readonly latencyLimitMs: number | undefined;
  ask<T>(method: PlatformMethod, path: string, options?: CallOptions): Promise<Answered<T>>;
}

export const PlatformContext = createContext<Platform | undefined>(undefined);

export function usePlatform(): Platform {
  const platform = useContext(PlatformContext);
  if (!platform) throw new Error("the component stands outside of a platform");
  return platform;
}

/** A question that changes nothing. With `everyMs` it is asked again and again while it is shown. */
export function platformQuery<T>(platform: Platform, path: string, everyMs?: number) {
  return queryOptions({
    queryKey: KEYS.platform(platform.environment, path),
    queryFn: async ({ signal }) => (await platform.ask<T>("GET", path, { signal })).answer,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
}

/** The same, for something that may not be there, which is `null`. */
export function optionalPlatformQuery<T>(platform: Platform, path: string, everyMs?: number) {
  return queryOptions({
    queryKey: KEYS.platform(platform.environment, path, "if it is there"),
    queryFn: async ({ signal }): Promise<T | null> => {
      try {
        return (await platform.ask<T>("GET", path, { signal })).answer;
      } catch (error) {
        if (error instanceof Failure && error.status === 404) return null;
        throw error;
      }
    },
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
}

/** How often what changes by itself is asked for, in milliseconds. */
export const OFTEN_MS = 5_000;
export const SOMETIMES_MS = 15_000;
