export { type ConstantRate, offerConstantRate, runConstantRate } from "./constant-rate/constant-rate.ts";
export { multipart, type MultipartBody, type UploadFile } from "./http/multipart.ts";
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
export type { RequestBody, RequestOptions } from "./user/user-http.ts";
