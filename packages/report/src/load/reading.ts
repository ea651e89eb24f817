export { millisecondsText, shareText, sinceStartText, tickText } from "./chart/scale.ts";
export { heatmapHtml } from "./charts.ts";
export { type CoursePoint, courseOf, FEWEST_SLICES } from "./course.ts";
