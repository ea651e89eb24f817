export { type ConstantRate, offerConstantRate, runConstantRate } from "./constant-rate/constant-rate.ts";
export type { RequestDescription } from "./http/request-bytes.ts";
export { multipart, type MultipartBody, type StreamedFile, type UploadFile } from "./http/multipart.ts";
export { type BodyReader } from "./http/stream-exchange.ts";
export {
  type BodyChunks,
  fileBody,
  type StreamedBody,
  type StreamedBodyOptions,
  streamed,
} from "./http/streamed-body.ts";
export { csvFile, type DataSource, generated, jsonLinesFile, type RowOrder, rows } from "./scenario/data-source.ts";
export {
  type ArrivalModel,
  defineLoad,
  defineScenario,
  type LoadModel,
  type LoadPlan,
  type PlanContext,
  type Scenario,
  type UserModel,
  type Workload,
} from "./scenario/scenario.ts";
export type { Stage } from "./schedule/stages.ts";
export type { Threshold } from "./thresholds/threshold.ts";
export type { HttpResponse } from "./user/http-response.ts";
export type { User } from "./user/user.ts";
export {
  type ExchangeOptions,
  type SocketEnd,
  SocketFailure,
  type SocketMessage,
  type SocketOptions,
  type UserSocket,
  type UserSockets,
} from "./user/user-sockets.ts";
export type { RequestBody, RequestOptions } from "./user/user-http.ts";
export { type RawBench, runRawBench } from "./bench/raw-bench.ts";
export { loadReportCsv } from "./output/csv.ts";
export { loadReportJunit } from "./output/junit.ts";
export { pushReport, type PushOptions, type RemoteWrite } from "./output/remote-write/push-report.ts";
export { loadReportPrometheus } from "./output/prometheus.ts";
export {
  defaultWorkers,
  type LoadProgress,
  type LoadRunOptions,
  type RunningLoad,
  startLoad,
  startLoadFile,
  startLoadOnAgents,
} from "./run/load-run.ts";
export { FULL_SELF_TEST, runSelfTest, type SelfTestOptions, type SelfTestResult } from "./self-test/self-test.ts";
export { type CapacityMeasurement, measureCapacity } from "./capacity/measure-capacity.ts";
export { compareReports } from "./comparison/compare-reports.ts";
export {
  compareTargets,
  DEFAULT_COMPARISON,
  type TargetComparison,
  type TargetsVerdict,
} from "./comparison/compare-targets.ts";
export { readAccessLog, replayPlan } from "./imports/access-log.ts";
export { readCurl } from "./imports/curl.ts";
export { readHar } from "./imports/har.ts";
export { planSource } from "./imports/imported-request.ts";
export { readOpenApi } from "./imports/openapi.ts";
export { apiPlanSource } from "./imports/openapi-source.ts";
export { type Profile, profile } from "./scenario/profiles.ts";
export { type AgentOptions, runAgent } from "./agents/agent.ts";
export { type Gathering, gatherAgents, type GatheringOptions } from "./agents/coordinator.ts";
export { kubernetesManifest, type ManifestOptions } from "./agents/manifest.ts";
