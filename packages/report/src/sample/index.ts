export { SAMPLE_CHECKS, SAMPLE_CONTROLS } from "./sample-checks.ts";
export {
  chainSample,
  SAMPLE_GATE,
  sampleEvidence,
  sampleReadiness,
  sampleReport,
  sampleRun,
  sampleSteps,
  sampleWaiver,
} from "./sample-report.ts";
