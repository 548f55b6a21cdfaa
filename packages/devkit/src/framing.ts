import { isPattern, type Policy } from "./policy.js";

type Tell = (severity: "fault" | "warning", code: string, message: string) => void;

/**
 * Who may frame a view. Browsers look at `frame-ancestors` of every policy, and at `X-Frame-Options` only where no policy
 * has one (CSP 3, section 6.4.2.2).
 *
 * @returns the exact origins that may, as far as they are told.
 */
export function checkFraming(
  policies: readonly Policy[],
  headers: ReadonlyMap<string, readonly string[]>,
  hosts: readonly string[],
  tell: Tell,
): readonly string[] {
  const lists = policies.map((policy) => policy.get("frame-ancestors")).filter((list) => list !== undefined);
  const options = headers.get("x-frame-options")?.join(", ");
  if (lists.length === 0) {
    const reported = headers
      .get("content-security-policy-report-only")
      ?.some((value) => value.includes("frame-ancestors"));
    const hint = reported === true ? " The report-only policy has one, which stops nobody." : "";
    const message = `Any site may frame it: no Content-Security-Policy has frame-ancestors.${hint}`;
    if (options === undefined) tell("fault", "FRAMING_OPEN", message);
    else {
      const instead = "leave that out, and name the hosts in frame-ancestors";
      tell("fault", "FRAMING_REFUSED", `X-Frame-Options: ${options} keeps every host out; ${instead}.`);
    }
    return [];
  }
  if (options !== undefined) {
    const message = `X-Frame-Options: ${options} says something else than frame-ancestors, which wins; leave it out.`;
    tell("warning", "FRAMING_CONTRADICTION", message);
  }
  const patterns = new Set(lists.flat().filter(isPattern));
  for (const source of patterns) {
    const whom = source === "*" || source.endsWith(":") ? "lets any site frame it" : "is no exact origin";
    tell("fault", "FRAMING_INEXACT", `frame-ancestors ${source} ${whom}; name each host as https://host.example.`);
  }
  const exact = lists.map((list) => list.filter((source) => !isPattern(source) && !source.startsWith("'")));
  for (const source of new Set(exact.flat())) {
    // As a browser sends an origin: with a slash or a path behind it the browser compares more than was meant, and an IPv6
    // address is no source at all to it.
    if (URL.canParse(source) && new URL(source).origin === source && !source.includes("[")) continue;
    tell(
      "fault",
      "FRAMING_INEXACT",
      `frame-ancestors ${source} is no exact origin; name each host as https://host.example.`,
    );
  }
  for (const host of hosts) {
    if (lists.every((list) => list.includes(host))) continue;
    if (lists.flat().some(isPattern)) continue; // Told above, and whether it would pass is beside the point.
    const named = lists.flat().join(" ") || "'none'";
    tell("fault", "FRAMING_REFUSED", `May not be framed by ${host}: frame-ancestors is ${named}; add it.`);
  }
  if (hosts.length === 0 && patterns.size === 0 && exact.some((list) => list.length === 0)) {
    tell("fault", "FRAMING_REFUSED", "No host may frame it: frame-ancestors names none.");
  }
  return (exact[0] ?? []).filter((source) => exact.every((list) => list.includes(source)));
}
