export { type CheckOptions, check } from "./check.js";
export type { CheckReport, Finding, Severity } from "./report.js";
