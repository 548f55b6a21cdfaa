import { type Manifest, viewOf } from "@partner-panel/manifest";
import { checkFraming } from "./framing.js";
import { type Answer, get, Unreached } from "./get.js";
import { parsePolicies } from "./policy.js";
import type { Finding } from "./report.js";
import { checkPolicy } from "./view-policy.js";

export interface LiveView {
  readonly findings: readonly Finding[];
  /** Names of the headers that are not as they should be. */
  readonly lacking: ReadonlySet<string>;
  /** Exact origins that the view says may frame it. */
  readonly hosts: readonly string[];
}

/** Redirects within the origin that are followed, to see the headers of the page that is framed in the end. */
const redirects = 5;

/** Asks for a view's page as a browser does that frames it in a host's page, and checks the headers it comes with. */
export async function checkView(
  manifest: Manifest,
  name: string,
  { hosts, timeoutMs }: { readonly hosts: readonly string[]; readonly timeoutMs: number },
): Promise<LiveView> {
  const findings: Finding[] = [];
  const lacking = new Set<string>();
  const entry = new URL(viewOf(manifest, name)?.view.entry ?? "/", manifest.origin);
  let url = entry;
  const tell = (severity: Finding["severity"], code: string, message: string) =>
    findings.push({ severity, code, message, subject: "view", view: name, url: url.href });
  const none = () => ({ findings, lacking, hosts: [] });

  let answer: Answer;
  try {
    for (let hops = 0; ; hops += 1) {
      answer = await ask(url, hosts[0], timeoutMs);
      const location = answer.headers.get("location")?.[0];
      if (answer.status < 300 || answer.status > 399 || location === undefined) break;
      const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
      if (next === undefined || next.origin !== manifest.origin) {
        const to = next?.origin ?? location;
        tell(
          "fault",
          "VIEW_LEAVES",
          `Is redirected to ${to}; a panel answers ${manifest.origin} alone, and ends there.`,
        );
        return none();
      }
      if (hops === redirects) {
        tell("fault", "VIEW_REDIRECTS", `Is redirected more than ${redirects} times.`);
        return none();
      }
      url = next;
    }
  } catch (error) {
    if (!(error instanceof Unreached)) throw error;
    tell("unreached", "VIEW_UNREACHED", error.message);
    return none();
  }
  if (url !== entry) {
    tell("warning", "VIEW_REDIRECTED", `Is redirected to ${url.pathname}${url.search}; name that as the view's entry.`);
  }
  if (answer.status < 200 || answer.status > 299) {
    tell("fault", "VIEW_STATUS", `The server answers ${answer.status}; the frame would show that.`);
  }

  const { headers } = answer;
  const header = (key: string) => headers.get(key)?.join(", ").trim();
  const type = (header("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type !== "text/html" && type !== "application/xhtml+xml") {
    tell(
      "fault",
      "VIEW_CONTENT_TYPE",
      `Is no page: ${type === "" ? "it has no Content-Type" : `it is ${type}`}; send text/html.`,
    );
  }
  const policies = parsePolicies(headers.get("content-security-policy") ?? []);
  const told = findings.length;
  const framedBy = checkFraming(policies, headers, hosts, tell);
  checkPolicy(policies, manifest, name, url, tell);
  if (findings.length > told) lacking.add("content-security-policy");
  if (header("origin-agent-cluster") !== "?1") {
    lacking.add("origin-agent-cluster");
    const why = "a busy view stops a host that the browser takes for the same site";
    tell("warning", "AGENT_CLUSTER_MISSING", `Lacks Origin-Agent-Cluster: ?1; without it ${why}.`);
  }
  if (header("x-content-type-options")?.toLowerCase() !== "nosniff") {
    lacking.add("x-content-type-options");
    tell("warning", "NOSNIFF_MISSING", "Lacks X-Content-Type-Options: nosniff, so browsers may guess another type.");
  }
  const referrer = header("referrer-policy")?.toLowerCase().split(",").at(-1)?.trim();
  if (referrer === "unsafe-url" || referrer === "no-referrer-when-downgrade") {
    const instead = "send strict-origin-when-cross-origin, or nothing at all";
    tell(
      "warning",
      "REFERRER_LEAKS",
      `Referrer-Policy: ${referrer} tells other sites the view's whole address; ${instead}.`,
    );
  }
  for (const cookie of headers.get("set-cookie") ?? []) {
    const [pair = "", ...attributes] = cookie.split(";").map((part) => part.trim());
    const has = (attribute: string) => attributes.some((each) => each.toLowerCase() === attribute);
    const cookieName = pair.split("=", 1)[0];
    if (has("samesite=none") && has("secure") && has("partitioned")) continue;
    const fate =
      "which browsers drop or keep from a frame on another site; sign in by the token, or make it SameSite=None; Secure; Partitioned";
    tell("warning", "COOKIE_SET", `Sets the cookie ${cookieName}, ${fate}.`);
  }
  return { findings, lacking, hosts: framedBy };
}

function ask(url: URL, host: string | undefined, timeoutMs: number): Promise<Answer> {
  return get(url, {
    headers: {
      accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
      "accept-language": "en",
      "sec-fetch-dest": "iframe",
      "sec-fetch-mode": "navigate",
      "sec-fetch-site": "cross-site",
      "upgrade-insecure-requests": "1",
      // As `referrerpolicy="strict-origin"` on the frame sends it.
      ...(host === undefined ? {} : { referer: `${host}/` }),
    },
    timeoutMs,
    keep: 0,
  });
}
