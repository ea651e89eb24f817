import { MusterError } from "@muster/kernel";

export interface ManifestOptions {
  /** Name of everything that is made, and of the Secret whose key `token` the agents and their coordinator share. */
  readonly name: string;
  readonly namespace: string;
  /** Image with Muster in `/app`. */
  readonly image: string;
  readonly agents: number;
  /** Text of the plan. */
  readonly plan: string;
}

/** Where images have Muster; the plan is put below it, so that it finds `@muster/load`. */
const FOLDER = "/app";
const PORT = 6_570;
const PLAN_FILE = `${FOLDER}/load-plan/plan.load.ts`;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/;
/** What one pod may take: a worker uses one core. */
const RESOURCES = { requests: { cpu: "1", memory: "512Mi" }, limits: { memory: "2Gi" } };

/**
 * The Kubernetes objects of a run, as one List that `kubectl apply -f -` takes: the plan, a coordinator, and an Indexed
 * Job of agents that dial out to it. No pod is started again: one that came back in the middle would falsify the load.
 * @throws {MusterError} `invalid-request` for names that Kubernetes does not take.
 */
export function kubernetesManifest(options: ManifestOptions): object {
  const { name, namespace, image, agents, plan } = options;
  for (const [what, text] of [
    ["name", name],
    ["namespace", namespace],
  ] as const) {
    if (!DNS_LABEL.test(text))
      throw new MusterError("invalid-request", `the ${what} "${text}" is not one that Kubernetes takes`);
  }
  const metadata = (suffix: string): object => ({
    name: `${name}${suffix}`,
    namespace,
    labels: { "app.kubernetes.io/name": "muster-load", "app.kubernetes.io/instance": name },
  });
  const coordinator = { "muster.dev/load": name, "muster.dev/role": "coordinator" };
  const pod = (role: string, words: readonly string[]): object => ({
    metadata: { labels: { "muster.dev/load": name, "muster.dev/role": role } },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: role,
          image,
          workingDir: FOLDER,
          command: ["node", "apps/cli/bin/muster.js", "load", ...words],
          env: [{ name: "MUSTER_LOAD_TOKEN", valueFrom: { secretKeyRef: { name, key: "token" } } }],
          resources: RESOURCES,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: [{ name: "plan", mountPath: `${FOLDER}/load-plan`, readOnly: true }],
          ...(role === "coordinator" ? { ports: [{ containerPort: PORT }] } : {}),
        },
      ],
      volumes: [{ name: "plan", configMap: { name: `${name}-plan` } }],
    },
  });
  const job = (suffix: string, spec: object): object => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(suffix),
    spec: { backoffLimit: 0, ttlSecondsAfterFinished: 86_400, ...spec },
  });
  return {
    apiVersion: "v1",
    kind: "List",
    items: [
      { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("-plan"), data: { "plan.load.ts": plan } },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: metadata(""),
        // Agents must find the coordinator before it is ready: it is ready only when they have come.
        spec: { clusterIP: "None", publishNotReadyAddresses: true, selector: coordinator, ports: [{ port: PORT }] },
      },
      job("-coordinator", {
        template: pod("coordinator", [
          "run",
          PLAN_FILE,
          "--agents",
          String(agents),
          "--listen",
          `0.0.0.0:${PORT}`,
          "--json",
        ]),
      }),
      job("-agents", {
        completionMode: "Indexed",
        completions: agents,
        parallelism: agents,
        template: pod("agent", ["agent", PLAN_FILE, "--join", `ws://${name}:${PORT}`]),
      }),
    ],
  };
}
