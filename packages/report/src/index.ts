export { renderHtml } from "./html/render-html.ts";
export { renderJson } from "./json/render-json.ts";
export { renderJunit } from "./junit/render-junit.ts";
export { type CapacityTerms, renderCapacity } from "./load/render-capacity.ts";
export { type ComparisonTerms, renderComparison } from "./load/render-comparison.ts";
export { renderLoadReport } from "./load/render-load-report.ts";
export { renderMarkdown } from "./markdown/render-markdown.ts";
export { buildReport, type ReportSources, type RunReport } from "./report.ts";
export { renderSarif, type SarifOptions } from "./sarif/render-sarif.ts";
