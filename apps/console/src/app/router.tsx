import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { asFailure } from "../api/failure.ts";
import { readFilters } from "../evidence/filters.ts";
import { readModelSearch, readModelsSearch } from "../models/search.ts";
import { readLoadSearch } from "../load/search.ts";
import { ReadinessPage } from "../readiness/page.tsx";
import { SignInPage } from "../session/sign-in-page.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { localPath, readSearch, writeSearch } from "./address.ts";
import { NotFound } from "./not-found.tsx";
import { Shell } from "./shell.tsx";

const rootRoute = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }) => (
    <main className="alone">
      <ProblemPanel failure={asFailure(error)} onRetry={reset} />
    </main>
  ),
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>) => {
    const next = localPath(search["next"]);
    return next === undefined ? {} : { next };
  },
  component: SignInPage,
});

const showcaseRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/components",
  component: lazyRouteComponent(() => import("../showcase/page.tsx"), "ShowcasePage"),
});

const shellRoute = createRoute({ getParentRoute: () => rootRoute, id: "shell", component: Shell });

const homeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/readiness", replace: true });
  },
});

const readinessRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/readiness",
  validateSearch: (search: Record<string, unknown>) => {
    const { gate } = search;
    return typeof gate === "string" && gate !== "" ? { gate } : {};
  },
  component: ReadinessPage,
});

const evidenceRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/evidence",
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import("../evidence/page.tsx"), "EvidencePage"),
});

const recordRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/evidence/$seq",
  // Kept so that the way back leads to the same list.
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import("../evidence/record-page.tsx"), "RecordPage"),
});

const modelsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/models",
  validateSearch: readModelsSearch,
  component: lazyRouteComponent(() => import("../models/page.tsx"), "ModelsPage"),
});

const modelRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/models/$model",
  validateSearch: readModelSearch,
  component: lazyRouteComponent(() => import("../models/model-page.tsx"), "ModelPage"),
});

const loadRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/load",
  validateSearch: readLoadSearch,
  component: lazyRouteComponent(() => import("../load/page.tsx"), "LoadPage"),
});

const loadTestRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/load/$id",
  component: lazyRouteComponent(() => import("../load/test-page.tsx"), "LoadTestPage"),
});

/** The addresses of the console. */
export function createConsoleRouter() {
  return createRouter({
    routeTree: rootRoute.addChildren([
      signInRoute,
      showcaseRoute,
      shellRoute.addChildren([
        homeRoute,
        readinessRoute,
        modelsRoute,
        modelRoute,
        loadRoute,
        loadTestRoute,
        evidenceRoute,
        recordRoute,
      ]),
    ]),
    defaultPreload: "intent",
    scrollRestoration: true,
    parseSearch: readSearch,
    stringifySearch: writeSearch,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
