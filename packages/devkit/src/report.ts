import type { PermissionChange } from "@partner-panel/manifest";

/**
 * - `fault`: the manifest is refused, a panel does not work, or somebody who must not frame the view may
 * - `warning`: works, and is unwise; counts with `strict`
 * - `unreached`: could not be checked, since nothing (usable) answered
 * - `note`: good to know; never counts
 */
export type Severity = "fault" | "warning" | "unreached" | "note";

/** One thing that was found. Codes are stable, sentences are not. */
export interface Finding {
  readonly severity: Severity;
  /** The manifest's own fault codes, and those in the package's README. */
  readonly code: string;
  /** A sentence that says what to do. */
  readonly message: string;
  /** Which part it is about. */
  readonly subject: "command" | "manifest" | "view" | "comparison";
  /** The view's name, where it is about one. */
  readonly view?: string;
  /** Where in the manifest, as a JSON pointer (RFC 6901); `""` is the whole. */
  readonly pointer?: string;
  /** Line of the manifest's text, from 1. */
  readonly line?: number;
  /** Column in UTF-16 code units, from 1. */
  readonly column?: number;
  /** The address that was asked. */
  readonly url?: string;
}

/** What a check came to: also what `--json` prints. Members are added in later versions, never renamed or taken away. */
export interface CheckReport {
  /** Version of this shape. */
  readonly format: 1;
  /** Nothing counts against it: the exit status is 0. */
  readonly ok: boolean;
  /** 0: fine. 1: faults (with `strict`, warnings too). 2: wrong usage, or not all could be reached, and no fault found. */
  readonly exitCode: 0 | 1 | 2;
  readonly strict: boolean;
  /** The file or address as it was given. */
  readonly target: string;
  /** Where the manifest is, or will be, served; null where that cannot be told. */
  readonly url: string | null;
  /** Whether the live manifest and views were asked. */
  readonly live: boolean;
  /** Null for a manifest with faults. */
  readonly manifest: {
    readonly id: string;
    readonly version: string;
    readonly name: string;
    readonly origin: string;
    readonly views: readonly { readonly name: string; readonly url: string }[];
  } | null;
  readonly findings: readonly Finding[];
  /** Header lines ready to paste, for what the live answers lack; empty where nothing is. */
  readonly headers: { readonly manifest: readonly string[]; readonly view: readonly string[] };
  /** Null unless there is a saved manifest to compare with, and both hold. */
  readonly comparison: {
    /** The saved manifest's version. */
    readonly before: string;
    readonly after: string;
    /** `after` is an earlier version than `before`. */
    readonly rollback: boolean;
    readonly narrows: readonly PermissionChange[];
    readonly widens: readonly PermissionChange[];
  } | null;
}

export function exitCodeOf(findings: readonly Finding[], strict: boolean): 0 | 1 | 2 {
  const has = (severity: Severity) => findings.some((finding) => finding.severity === severity);
  if (has("fault")) return 1;
  if (has("unreached")) return 2;
  return strict && has("warning") ? 1 : 0;
}

/** The report of a check that could not begin. */
export function refusedReport(target: string, code: string, message: string): CheckReport {
  return {
    format: 1,
    ok: false,
    exitCode: 2,
    strict: false,
    target,
    url: null,
    live: false,
    manifest: null,
    findings: [{ severity: "unreached", code, message, subject: "command" }],
    headers: { manifest: [], view: [] },
    comparison: null,
  };
}
