import type { Verification } from "@muster/contract";
import { counted } from "@muster/report/reading";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import { useEffect } from "react";
import { asFailure } from "../api/failure.ts";
import { useServices } from "../app/services.ts";
import { VERIFY_COMMAND } from "../palette/commands.ts";
import { ShapeIcon } from "../parts/mark.tsx";

/** Lets the server walk the whole chain, and says how that ended. */
export function VerifyChain({ startNow }: { readonly startNow: boolean }) {
  const { api } = useServices();
  const verify = useMutation({ mutationFn: () => api.verify() });
  const { mutate } = verify;
  useEffect(() => {
    if (startNow) mutate();
  }, [startNow, mutate]);
  return (
    <div className="verify">
      <div role="status" className="verify-result">
        {verify.data && <VerificationResult verification={verify.data} />}
        {verify.error && <span className="soft">{asFailure(verify.error).message}</span>}
      </div>
      <button
        type="button"
        className="button"
        onClick={() => mutate()}
        disabled={verify.isPending}
        title={`As ${VERIFY_COMMAND}`}
      >
        <ShieldCheck size={14} aria-hidden="true" />
        {verify.isPending ? "Verifying" : "Verify the chain"}
      </button>
    </div>
  );
}

export function VerificationResult({ verification }: { readonly verification: Verification }) {
  const { intact, seq, hash } = verification;
  if (intact) {
    return (
      <span className="status" data-tone="pass">
        <ShapeIcon shape="disc" />
        intact
        <span className="verify-detail">
          {counted(seq, "record")}, head <span className="mono">{hash.slice(0, 12)}</span>
        </span>
      </span>
    );
  }
  const at = verification.break;
  return (
    <span className="status" data-tone="fail">
      <ShapeIcon shape="square" />
      broken
      <span className="verify-detail">
        {at && (
          <>
            {at.reason}; {counted(seq, "record")} before it {seq === 1 ? "holds" : "hold"}.{" "}
            <Link to="/evidence/$seq" params={{ seq: String(at.seq) }} search={{}}>
              Open record #{at.seq}
            </Link>
          </>
        )}
      </span>
    </span>
  );
}
