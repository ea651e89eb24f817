import "./app/layers.css";
import "@muster/report/fonts.css";
import "@muster/report/tokens.css";
import "@muster/report/base.css";
import "@muster/report/parts.css";
import "@muster/report/charts.css";
import "./app/console.css";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, useCallback, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { createApi } from "./api/client.ts";
import { Failure } from "./api/failure.ts";
import { KEYS } from "./api/keys.ts";
import { worthRetrying } from "./api/retry.ts";
import { createConsoleRouter } from "./app/router.tsx";
import { PreferencesContext, type Services, ServicesContext } from "./app/services.ts";
import { applyTheme, keepPreferences, type Preferences, readPreferences } from "./theme/theme.ts";
import { createServerClock } from "./time/server-clock.ts";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no place for the console");
const kept = readPreferences(localStorage);
applyTheme(document.documentElement, kept.theme);

const clock = createServerClock({
  now: Date.now,
  every(milliseconds, callback) {
    const timer = setInterval(callback, milliseconds);
    return () => clearInterval(timer);
  },
});
const services: Services = {
  clock,
  api: createApi({ fetch: (...request) => fetch(...request), onServerTime: clock.learn }),
  openSocket(path, listeners) {
    const socket = new WebSocket(path);
    socket.addEventListener("message", ({ data }) => listeners.onMessage(data));
    socket.addEventListener("close", ({ code }) => listeners.onClose(code));
    return socket;
  },
};
const queries = new QueryClient({
  queryCache: new QueryCache({
    // Whatever says that nobody is signed in, the session is asked once more; its answer decides.
    onError(error, query) {
      if (error instanceof Failure && error.status === 401 && query.queryKey[0] !== KEYS.session[0]) {
        void queries.invalidateQueries({ queryKey: KEYS.session });
      }
    },
  }),
  defaultOptions: { queries: { retry: worthRetrying, staleTime: 2_000 } },
});
const router = createConsoleRouter();

function Console() {
  const [preferences, setPreferences] = useState(kept);
  const change = useCallback((part: Partial<Preferences>) => {
    setPreferences((before) => {
      const next = { ...before, ...part };
      keepPreferences(localStorage, next);
      applyTheme(document.documentElement, next.theme);
      return next;
    });
  }, []);
  const access = useMemo(() => ({ preferences, change }), [preferences, change]);
  return (
    <ServicesContext value={services}>
      <PreferencesContext value={access}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </PreferencesContext>
    </ServicesContext>
  );
}

createRoot(root).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);
