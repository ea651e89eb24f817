import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { asFailure } from "../api/failure.ts";
import { platformsQuery } from "../api/queries.ts";
import { useServices } from "../app/services.ts";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { Bones, Delayed } from "../states/skeleton.tsx";
import "./models.css";
import { type Platform, PlatformContext } from "./use-platform.ts";

/** Gives what is inside the platform that the address names, or the first of the configuration. */
export function PlatformFrame({
  environment,
  children,
}: {
  readonly environment: string | undefined;
  readonly children: ReactNode;
}) {
  const services = useServices();
  const platforms = useQuery(platformsQuery(services));
  const chosen = environment ?? platforms.data?.[0]?.environment;
  const found = platforms.data?.find((each) => each.environment === chosen);
  const name = found?.environment;
  const latencyLimitMs = found?.latencyLimitMs;
  const platform = useMemo((): Platform | undefined => {
    if (name === undefined) return undefined;
    return {
      environment: name,
      latencyLimitMs,
      ask: (method, path, options) => services.api.platform(name, method, path, options),
    };
  }, [name, latencyLimitMs, services]);

  if (platform) return <PlatformContext value={platform}>{children}</PlatformContext>;
  return (
    <div className="page">
      <h1>Models</h1>
      {platforms.error ? (
        <ProblemPanel failure={asFailure(platforms.error)} onRetry={() => void platforms.refetch()} />
      ) : platforms.data === undefined ? (
        <Delayed>
          <div className="panel" aria-busy="true">
            <Bones rows={4} label="Asking which environments have a model platform" />
          </div>
        </Delayed>
      ) : platforms.data.length === 0 ? (
        <Empty title="No environment has a model platform" command="npm run models">
          Models, their traffic and their data would stand here. Add <code>models: {"{}"}</code> to the environment
          whose service is a model platform in muster.config.ts, and start Muster again.
        </Empty>
      ) : (
        <Empty title={`“${chosen ?? ""}” has no model platform`}>
          The configuration has one in {platforms.data.map((each) => each.environment).join(", ")}.
        </Empty>
      )}
    </div>
  );
}

/** Which platform, where there is more than one. */
export function EnvironmentChoice({ current }: { readonly current: string }) {
  const { data = [] } = useQuery(platformsQuery(useServices()));
  const navigate = useNavigate();
  if (data.length < 2) return <span className="soft">in {current}</span>;
  return (
    <label className="select">
      <span className="hidden-text">Environment</span>
      <select
        value={current}
        onChange={(event) => void navigate({ to: "/models", search: { environment: event.target.value } })}
      >
        {data.map(({ environment }) => (
          <option key={environment}>{environment}</option>
        ))}
      </select>
    </label>
  );
}
