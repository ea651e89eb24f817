import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { LogIn } from "lucide-react";
import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { asFailure, type Failure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { useServices } from "../app/services.ts";
import { useTitle } from "../app/title.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { tokenOfFragment, tokenOfPaste } from "./sign-in-token.ts";

/** Trades the one-time secret of a link for a session. Without one it says where to get it. */
export function SignInPage() {
  useTitle("Sign in");
  const { api } = useServices();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  const [failure, setFailure] = useState<Failure>();
  const [busy, setBusy] = useState(false);

  const signIn = useCallback(
    async (token: string): Promise<void> => {
      setBusy(true);
      setFailure(undefined);
      try {
        queries.setQueryData(KEYS.session, await api.signIn(token));
        await navigate({ to: next ?? "/readiness", replace: true });
      } catch (error) {
        setFailure(asFailure(error));
        setBusy(false);
      }
    },
    [api, navigate, next, queries],
  );
  useTokenOfLink(signIn);

  return (
    <main className="alone" id="main">
      <p className="brand brand-alone">
        <span className="brand-mark" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        <span className="brand-name">Muster</span>
      </p>
      <SignInBox busy={busy} onToken={(token) => void signIn(token)} />
      {failure && <ProblemPanel failure={failure} />}
    </main>
  );
}

/** The form itself, without what it leads to. */
export function SignInBox({ busy, onToken }: { readonly busy: boolean; readonly onToken: (token: string) => void }) {
  const [pasted, setPasted] = useState("");
  const [wrong, setWrong] = useState(false);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const token = tokenOfPaste(pasted);
    setWrong(token === undefined);
    if (token !== undefined) onToken(token);
  }

  return (
    <section className="panel">
      <div className="sign-in">
        <h1>{busy ? "Signing in" : "Sign in"}</h1>
        <p className="soft">
          There is no password. Whoever has the machine that Muster runs on prints a link, which is good once:
        </p>
        <CommandLine command="muster link" />
        <form onSubmit={submit} className="sign-in-form" noValidate>
          <label className="field">
            <span>Link or its token</span>
            <input
              value={pasted}
              onChange={(event) => setPasted(event.target.value)}
              autoComplete="off"
              spellCheck={false}
              aria-invalid={wrong}
              aria-describedby={wrong ? "sign-in-wrong" : undefined}
            />
          </label>
          {wrong && (
            <p id="sign-in-wrong" className="field-problem" role="alert">
              That is not a sign-in link. It ends with #token= and about forty letters and digits.
            </p>
          )}
          <button type="submit" className="button button-primary" disabled={busy}>
            <LogIn size={14} aria-hidden="true" />
            Sign in
          </button>
        </form>
      </div>
    </section>
  );
}

/** Uses the secret of the address, once, and takes it out of the address and the history. */
function useTokenOfLink(signIn: (token: string) => Promise<void>): void {
  const used = useRef(false);
  useEffect(() => {
    const token = tokenOfFragment(location.hash);
    if (token === undefined || used.current) return;
    used.current = true;
    history.replaceState(history.state, "", `${location.pathname}${location.search}`);
    void signIn(token);
  }, [signIn]);
}
