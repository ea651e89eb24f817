import { createContext, useContext, useSyncExternalStore } from "react";
import type { Api } from "../api/client.ts";
import type { LiveState, LiveSurroundings } from "../live/connection.ts";
import type { Preferences } from "../theme/theme.ts";
import type { ServerClock } from "../time/server-clock.ts";

/** What the components work with. Made once, where the program starts. */
export interface Services {
  readonly api: Api;
  readonly clock: ServerClock;
  readonly openSocket: LiveSurroundings["open"];
}

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error("the component stands outside of the services");
  return services;
}

/** The server's time in milliseconds; the component is drawn again each second. */
export function useNow(): number {
  const { clock } = useServices();
  return useSyncExternalStore(clock.subscribe, clock.now);
}

export interface PreferencesAccess {
  readonly preferences: Preferences;
  change(change: Partial<Preferences>): void;
}

export const PreferencesContext = createContext<PreferencesAccess | undefined>(undefined);

export function usePreferences(): PreferencesAccess {
  const access = useContext(PreferencesContext);
  if (!access) throw new Error("the component stands outside of the preferences");
  return access;
}

export const LiveContext = createContext<LiveState>({ kind: "connecting" });

export function useLive(): LiveState {
  return useContext(LiveContext);
}
