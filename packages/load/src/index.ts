export { type ConstantRate, offerConstantRate, runConstantRate } from "./constant-rate/constant-rate.ts";
