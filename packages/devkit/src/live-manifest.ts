import { headersFor, type Manifest, manifestLimits } from "@partner-panel/manifest";
import { type Answer, get, Unreached } from "./get.js";
import type { Finding } from "./report.js";

/** Stands for any host where none was named; the name is reserved (RFC 2606), so no server knows it. */
export const anyHost = "https://host.example";

export interface LiveManifest {
  readonly findings: readonly Finding[];
  /** Undefined where there is nothing to parse. */
  readonly text: string | undefined;
  /** Names of the headers that are not as they should be. */
  readonly lacking: ReadonlySet<string>;
}

/** Fetches a manifest as a host's page does: from its origin, no redirect followed, no credentials, 64 KiB at most. */
export async function fetchManifest(url: URL, hosts: readonly string[], timeoutMs: number): Promise<LiveManifest> {
  const findings: Finding[] = [];
  const lacking = new Set<string>();
  const tell = (severity: Finding["severity"], code: string, message: string) =>
    findings.push({ severity, code, message, subject: "manifest", url: url.href });
  const ask = (origin: string, keep: number) =>
    get(url, {
      headers: {
        accept: "*/*",
        "cache-control": "max-age=0", // what `cache: "no-cache"` sends
        origin,
        "sec-fetch-dest": "empty",
        "sec-fetch-mode": "cors",
        "sec-fetch-site": "cross-site",
      },
      timeoutMs,
      keep,
    });

  let answer: Answer;
  try {
    answer = await ask(hosts[0] ?? anyHost, manifestLimits.bytes);
  } catch (error) {
    if (!(error instanceof Unreached)) throw error;
    tell("unreached", "MANIFEST_UNREACHED", error.message);
    return { findings, text: undefined, lacking };
  }
  const { status, headers } = answer;
  const header = (name: string) => headers.get(name)?.join(", ");
  if (status >= 300 && status < 400) {
    const to = header("location") ?? "nowhere";
    tell("fault", "MANIFEST_REDIRECTED", `Is redirected (${status}) to ${to}; a host never follows. Serve it here.`);
  } else if (status !== 200) {
    tell("fault", "MANIFEST_STATUS", `The server answers ${status} instead of 200.`);
  }
  if (findings.length > 0) return { findings, text: undefined, lacking };

  if (answer.truncated) {
    const limit = `${manifestLimits.bytes / 1024} KiB (${manifestLimits.bytes} bytes)`;
    tell("fault", "TOO_LARGE", `Is larger than ${limit}, decoded; a host reads no further and refuses it.`);
  }
  await checkCors(answer);
  const type = (header("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !(type.startsWith("application/") && type.endsWith("+json"))) {
    lacking.add("content-type");
    const is = type === "" ? "has no Content-Type" : `has the Content-Type ${type}`;
    tell("warning", "MANIFEST_CONTENT_TYPE", `Is JSON and ${is}; send application/json.`);
  }
  if (header("x-content-type-options")?.trim().toLowerCase() !== "nosniff") {
    lacking.add("x-content-type-options");
    tell("warning", "NOSNIFF_MISSING", "Lacks X-Content-Type-Options: nosniff, so browsers may guess another type.");
  }
  if (headers.has("set-cookie")) {
    tell(
      "warning",
      "COOKIE_SET",
      "Sets a cookie, which no browser keeps: hosts fetch the manifest without credentials.",
    );
  }
  return { findings, text: answer.truncated ? undefined : new TextDecoder().decode(answer.body), lacking };

  async function checkCors(first: Answer): Promise<void> {
    const allowed = first.headers.get("access-control-allow-origin") ?? [];
    if (allowed.length === 1 && allowed[0] === "*") return;
    lacking.add("access-control-allow-origin");
    if (allowed.length > 1) {
      tell("fault", "MANIFEST_CORS", "Sends Access-Control-Allow-Origin more than once, which browsers refuse.");
      return;
    }
    if (allowed[0] !== undefined && hosts.length === 0 && allowed[0] !== anyHost) {
      tell("warning", "MANIFEST_CORS", `May be read by ${allowed[0]} alone; name the hosts with --host to check each.`);
    }
    for (const host of hosts.length > 0 ? hosts : [anyHost]) {
      const answer = host === (hosts[0] ?? anyHost) ? first : await again(host);
      const value = answer?.headers.get("access-control-allow-origin")?.join(", ");
      if (answer === undefined || value === host || (hosts.length === 0 && value !== undefined)) continue;
      const is = value === undefined ? "there is no Access-Control-Allow-Origin" : `it is for ${value}`;
      tell("fault", "MANIFEST_CORS", `May not be read by ${hosts.length > 0 ? host : "a host's page"}: ${is}.`);
    }
    const varies = header("vary")?.toLowerCase() ?? "";
    if (allowed[0] !== undefined && !varies.includes("origin") && !varies.includes("*")) {
      tell("warning", "MANIFEST_VARY", "Answers each host otherwise and lacks Vary: Origin, so a cache mixes them up.");
    }
  }

  async function again(host: string): Promise<Answer | undefined> {
    try {
      return await ask(host, 0);
    } catch (error) {
      if (!(error instanceof Unreached)) throw error;
      tell("unreached", "MANIFEST_UNREACHED", error.message);
      return undefined;
    }
  }
}

/** Of the lines that `headersFor` writes, those whose header is lacking. */
export function linesFor(lines: readonly string[], lacking: ReadonlySet<string>): string[] {
  return lines.filter((line) => lacking.has(line.slice(0, line.indexOf(":")).toLowerCase()));
}

export function recommended(manifest: Manifest, hosts: readonly string[]) {
  return headersFor(manifest, { hosts: hosts.length > 0 ? hosts : [anyHost] }).partner;
}
