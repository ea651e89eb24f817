import assert from "node:assert/strict";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import { kubernetesManifest } from "./manifest.ts";

interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Record<string, string>;
  readonly spec?: {
    readonly backoffLimit?: number;
    readonly completions?: number;
    readonly completionMode?: string;
    readonly selector?: Record<string, string>;
    readonly template?: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: { readonly restartPolicy: string; readonly containers: { readonly command: string[] }[] };
    };
  };
}

const options = { name: "checkout", namespace: "load", image: "muster:1", agents: 4, plan: "export default {};\n" };

test("a run becomes a plan, a coordinator that can be found, and as many agents as asked for", () => {
  const { items } = kubernetesManifest(options) as { items: Item[] };
  const [plan, service, coordinator, agents] = items;

  assert.deepEqual(
    items.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    ["ConfigMap/checkout-plan", "Service/checkout", "Job/checkout-coordinator", "Job/checkout-agents"],
  );
  assert.equal(plan?.data?.["plan.load.ts"], options.plan);
  assert.deepEqual(service?.spec?.selector, coordinator?.spec?.template?.metadata.labels);
  assert.deepEqual([agents?.spec?.completions, agents?.spec?.completionMode], [4, "Indexed"]);
  assert.ok(agents?.spec?.template?.spec.containers[0]?.command.includes("ws://checkout:6570"));
  for (const job of [coordinator, agents]) {
    assert.equal(job?.spec?.backoffLimit, 0);
    assert.equal(job?.spec?.template?.spec.restartPolicy, "Never");
  }
});

test("names that Kubernetes does not take are refused", () => {
  assert.throws(() => kubernetesManifest({ ...options, name: "Check out" }), MusterError);
  assert.throws(() => kubernetesManifest({ ...options, namespace: "-x" }), MusterError);
});
