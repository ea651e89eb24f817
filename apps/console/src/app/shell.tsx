import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Activity, Boxes, Ellipsis, FileCheck2, Gauge, Keyboard, LogOut, Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Session } from "@muster/contract";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { platformsQuery, readinessQuery, sessionQuery } from "../api/queries.ts";
import { HelpDialog, Keys } from "../keyboard/help-dialog.tsx";
import { SHORTCUTS } from "../keyboard/shortcuts.ts";
import { useShortcuts } from "../keyboard/use-shortcuts.ts";
import { LiveBadge } from "../live/live-badge.tsx";
import { LiveProvider } from "../live/live-provider.tsx";
import { buildCommands, type PaletteActs, recordCommand } from "../palette/commands.ts";
import { Palette } from "../palette/palette.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { Delayed } from "../states/skeleton.tsx";
import { ThemeSwitch } from "../theme/theme-switch.tsx";
import { localPath } from "./address.ts";
import { SessionContext, useMay } from "./session.ts";
import { usePreferences, useServices } from "./services.ts";

/** The frame of every page, for whoever is signed in; everybody else is led to the sign-in page. */
export function Shell() {
  const services = useServices();
  const session = useQuery(sessionQuery(services));
  const navigate = useNavigate();

  const failure = session.error ? asFailure(session.error) : undefined;
  const nobody = failure?.status === 401;
  useEffect(() => {
    if (!nobody) return;
    const next = localPath(`${location.pathname}${location.search}`);
    void navigate({
      to: "/sign-in",
      search: next === undefined || next === "/readiness" ? {} : { next },
      replace: true,
    });
  }, [nobody, navigate]);
  if (session.data && !nobody) {
    return (
      <SessionContext value={session.data}>
        <LiveProvider>
          <Frame session={session.data} />
        </LiveProvider>
      </SessionContext>
    );
  }
  if (failure && !nobody) {
    return (
      <main className="alone">
        <ProblemPanel failure={failure} onRetry={() => void session.refetch()} />
      </main>
    );
  }
  return (
    <main className="alone" aria-busy="true">
      <Delayed>
        <p className="soft" role="status">
          Asking who is signed in
        </p>
      </Delayed>
    </main>
  );
}

type Open = "palette" | "help" | undefined;

function Frame({ session }: { readonly session: Session }) {
  const [open, setOpen] = useState<Open>();
  const navigate = useNavigate();
  const main = useFocusOnNavigation();

  useShortcuts({
    "g r": () => void navigate({ to: "/readiness" }),
    "g m": () => void navigate({ to: "/models" }),
    "g e": () => void navigate({ to: "/evidence" }),
    "g l": () => void navigate({ to: "/load" }),
    "?": () => setOpen("help"),
    "Shift+?": () => setOpen("help"),
  });
  usePaletteKey(() => setOpen((before) => (before === "palette" ? undefined : "palette")));

  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <header className="side">
        <div className="side-inner">
          <Brand />
          <nav aria-label="Pages" className="pages">
            <Link to="/readiness" className="page-link" activeOptions={{ includeSearch: false }}>
              <Gauge size={16} aria-hidden="true" />
              Readiness
              <Keys keys={SHORTCUTS.readiness.keys} />
            </Link>
            <Link to="/models" className="page-link" activeOptions={{ includeSearch: false }}>
              <Boxes size={16} aria-hidden="true" />
              Models
              <Keys keys={SHORTCUTS.models.keys} />
            </Link>
            <Link to="/evidence" className="page-link" activeOptions={{ includeSearch: false }}>
              <FileCheck2 size={16} aria-hidden="true" />
              Evidence
              <Keys keys={SHORTCUTS.evidence.keys} />
            </Link>
            <Link to="/load" className="page-link" activeOptions={{ includeSearch: false }}>
              <Activity size={16} aria-hidden="true" />
              Load &amp; Drills
              <Keys keys={SHORTCUTS.load.keys} />
            </Link>
          </nav>
          <button type="button" className="search-button" aria-label="Search or act" onClick={() => setOpen("palette")}>
            <Search size={14} aria-hidden="true" />
            <span>Search or act</span>
            <Keys keys={SHORTCUTS.palette.keys} />
          </button>
          <div className="side-live">
            <LiveBadge />
          </div>
          <button type="button" className="icon-button more-button" popoverTarget="more" title="More">
            <Ellipsis size={18} aria-hidden="true" />
            <span className="hidden-text">More</span>
          </button>
          <SideFoot session={session} onHelp={() => setOpen("help")} />
        </div>
      </header>
      <main id="main" className="main" tabIndex={-1} ref={main}>
        <Outlet />
      </main>
      {open === "palette" && <PaletteWithCommands onClose={() => setOpen(undefined)} onHelp={() => setOpen("help")} />}
      {open === "help" && <HelpDialog onClose={() => setOpen(undefined)} />}
    </div>
  );
}

function Brand() {
  const readiness = useQuery({ ...readinessQuery(useServices(), undefined, false), enabled: false });
  return (
    <Link to="/readiness" className="brand">
      <span className="brand-mark" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span className="brand-name">Muster</span>
      <span className="brand-service">{readiness.data?.service.title}</span>
    </Link>
  );
}

/** Who is signed in, the theme, the keys, the way out. On narrow pages it opens from a button. */
function SideFoot({ session, onHelp }: { readonly session: Session; readonly onHelp: () => void }) {
  const signOut = useSignOut();
  return (
    <div className="side-foot" id="more" popover="auto">
      <ThemeSwitch />
      <button type="button" className="side-action help-action" onClick={onHelp}>
        <Keyboard size={14} aria-hidden="true" />
        Keyboard
        <Keys keys={SHORTCUTS.help.keys} />
      </button>
      <div className="side-user">
        <span>
          <strong>{session.user}</strong> <span className="faint">{session.role}</span>
        </span>
        <button type="button" className="icon-button" onClick={signOut} title="Sign out">
          <LogOut size={14} aria-hidden="true" />
          <span className="hidden-text">Sign out</span>
        </button>
      </div>
    </div>
  );
}

function PaletteWithCommands({ onClose, onHelp }: { readonly onClose: () => void; readonly onHelp: () => void }) {
  const services = useServices();
  const navigate = useNavigate();
  const { change } = usePreferences();
  const signOut = useSignOut();
  const { data: readiness } = useQuery({ ...readinessQuery(services, undefined, false), enabled: false });
  const acts: PaletteActs = {
    goReadiness: (control) =>
      void navigate({ to: "/readiness", ...(control === undefined ? {} : { hash: `control-${control}` }) }),
    goModels: (search) => void navigate({ to: "/models", search }),
    goModel: (model, search) => void navigate({ to: "/models/$model", params: { model }, search }),
    goEvidence: (filters) => void navigate({ to: "/evidence", search: filters }),
    goRecord: (seq) => void navigate({ to: "/evidence/$seq", params: { seq: String(seq) } }),
    goLoad: () => void navigate({ to: "/load" }),
    verify: () => void navigate({ to: "/evidence", hash: "verify" }),
    run: () => void navigate({ to: "/readiness", hash: "run-again" }),
    setTheme: (theme) => change({ theme }),
    showHelp: onHelp,
    signOut,
  };
  const commands = buildCommands({
    checks: readiness?.checks ?? [],
    controls: readiness?.verdict.controls ?? [],
    gate: readiness?.verdict.gate,
    models: useKnownModels(),
    mayRun: useMay("operator"),
    acts,
  });
  return <Palette commands={commands} recordFor={(query) => recordCommand(query, acts)} onClose={onClose} />;
}

/** Models that some page has read already; the palette asks for nothing itself. */
function useKnownModels(): readonly string[] {
  const { data } = useQuery({ ...platformsQuery(useServices()), enabled: false });
  const environment = data?.[0]?.environment ?? "";
  const models = useQuery<readonly { readonly name: string }[]>({
    queryKey: KEYS.platform(environment, "/models"),
    queryFn: skipToken,
  });
  return models.data?.map(({ name }) => name) ?? [];
}

function useSignOut(): () => void {
  const { api } = useServices();
  const queries = useQueryClient();
  const navigate = useNavigate();
  return () => {
    void api
      .signOut()
      // Whether or not the server knew the session, this browser forgets what it saw.
      .catch(() => undefined)
      .then(() => navigate({ to: "/sign-in", search: {} }))
      .then(() => queries.clear());
  };
}

function usePaletteKey(toggle: () => void): void {
  const latest = useRef(toggle);
  useEffect(() => {
    latest.current = toggle;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

/** Puts the focus on the content when the path changes, so that a screen reader begins to read there. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
