import { styleText } from "node:util";
import { visibleText } from "@partner-panel/manifest";
import { anyHost } from "./live-manifest.js";
import type { CheckReport, Finding, Severity } from "./report.js";

/** Marks are told by shape and word too, not by colour alone. */
const marks: Readonly<Record<Severity, { mark: string; colour: "red" | "yellow" | "magenta" | "gray" }>> = {
  fault: { mark: "✗", colour: "red" },
  warning: { mark: "!", colour: "yellow" },
  unreached: { mark: "?", colour: "magenta" },
  note: { mark: "·", colour: "gray" },
};

/**
 * A report as people read it. Whatever came from a manifest, a server or the command line is written with its control
 * characters made visible: a stranger's header must not move the cursor.
 */
export function printReport(report: CheckReport, { colour }: { readonly colour: boolean }): string {
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const lines: string[] = [];
  const { manifest, findings, comparison } = report;

  const section = (title: string, address: string | null, list: readonly Finding[], fine: string) => {
    lines.push(
      "",
      `${paint("bold", visibleText(title))}${address === null ? "" : paint("gray", `  ${visibleText(address)}`)}`,
    );
    if (list.length === 0) lines.push(`  ${paint("green", "✓")} ${fine}`);
    for (const { severity, code, message, pointer, line, column } of list) {
      const { mark, colour: tone } = marks[severity];
      const file = report.live || line === undefined ? "" : `${report.target}:${line}:${column}`;
      const at = line === undefined || !report.live ? "" : `line ${line}, column ${column}`;
      const place = [file || at, pointer]
        .filter(Boolean)
        .map((text) => visibleText(text ?? ""))
        .join("  ");
      if (place !== "") lines.push(`  ${paint(tone, mark)} ${paint("cyan", place)}`);
      const text = `${visibleText(message)} ${paint("gray", code)}`;
      lines.push(place === "" ? `  ${paint(tone, mark)} ${text}` : `    ${text}`);
    }
  };
  const about = (subject: Finding["subject"], view?: string) =>
    findings.filter((finding) => finding.subject === subject && finding.view === view);

  if (about("command").length > 0) {
    for (const { message } of about("command")) lines.push(`${paint("red", "partner-panel:")} ${visibleText(message)}`);
    return `${lines.join("\n")}\n`;
  }
  lines.push(
    manifest === null
      ? paint("bold", visibleText(report.target))
      : `${paint("bold", `${manifest.name} ${manifest.version}`)}  ${manifest.id}  ${manifest.origin}`,
  );
  section("Manifest", report.url, about("manifest"), report.live ? "holds, and hosts may read it" : "holds");
  for (const view of manifest?.views ?? []) {
    const list = about("view", view.name);
    if (report.live || list.length > 0) section(`View ${view.name}`, view.url, list, "answers as it should");
  }
  if (comparison !== null) {
    const title = `Compared with ${comparison.before}`;
    section(title, null, about("comparison"), "asks for the same");
  }
  for (const [what, headers] of [
    ["manifest", report.headers.manifest],
    ["views", report.headers.view],
  ] as const) {
    if (headers.length === 0) continue;
    const hint = headers.some((line) => line.includes(anyHost)) ? ` (with your hosts in place of ${anyHost})` : "";
    lines.push("", paint("bold", `Send with the ${what}${hint}:`), ...headers.map((line) => `  ${visibleText(line)}`));
  }
  if (manifest !== null && !report.live) {
    lines.push("", paint("gray", "Only the file was checked; --live asks the served manifest and views, too."));
  }
  lines.push("", summary(report, paint));
  return `${lines.join("\n")}\n`;
}

function summary(
  { findings, ok, strict }: CheckReport,
  paint: (format: "red" | "green", text: string) => string,
): string {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const counted = [
    [count("fault"), "fault", "faults"],
    [count("warning"), "warning", "warnings"],
    [count("unreached"), "not reached", "not reached"],
  ] as const;
  const told = counted
    .filter(([number]) => number > 0)
    .map(([number, one, many]) => `${number} ${number === 1 ? one : many}`);
  const text =
    told.length === 0
      ? "No faults."
      : `${told.join(", ")}${strict && count("warning") > 0 ? " (strict: warnings count)" : ""}.`;
  return ok ? paint("green", `✓ ${text}`) : paint("red", `✗ ${text}`);
}
