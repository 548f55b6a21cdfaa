import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import {
  comparePermissions,
  compareVersions,
  framePolicy,
  grantFor,
  isInRange,
  type Manifest,
  manifestLimits,
  parseManifest,
  textFor,
} from "@partner-panel/manifest";
import { protocolVersions } from "@partner-panel/postmessage-rpc";
import { fetchManifest, linesFor, recommended } from "./live-manifest.js";
import { checkView } from "./live-view.js";
import { locator } from "./locate.js";
import { type CheckReport, exitCodeOf, type Finding, refusedReport } from "./report.js";

/** Where the convention puts a manifest. */
const wellKnown = "/.well-known/partner-panel.json";

/** Views that are asked at a time. */
const atOnce = 4;

export interface CheckOptions {
  /** For a file: where it will be served. Left out, the convention's path on the origin that it declares. */
  readonly url?: string | undefined;
  /** For a file: also asks the live manifest and views. An address is always asked. */
  readonly live?: boolean | undefined;
  /** Exact origins of hosts that have to be able to read the manifest and frame the views. */
  readonly hosts?: readonly string[] | undefined;
  /** The file of a manifest that was saved earlier, to tell what is asked for more and less. */
  readonly compare?: string | undefined;
  /** Milliseconds for each request, 10 s if left out. */
  readonly timeoutMs?: number | undefined;
  /** Warnings count, too. */
  readonly strict?: boolean | undefined;
  /** Told what is being asked, as it goes. */
  readonly onProgress?: ((what: string) => void) | undefined;
}

/**
 * Checks a manifest, in a file or at an address, and the live views behind it.
 *
 * Never rejects for what it was given: what cannot be read or reached stands in the report.
 *
 * @param target a file's path, a `file:` URL, or an http(s) URL; of a bare origin, its manifest by convention.
 */
export async function check(target: string, options: CheckOptions = {}): Promise<CheckReport> {
  const { hosts = [], strict = false, timeoutMs = 10_000, onProgress } = options;
  const address = addressOf(target);
  if (address?.username || address?.password) {
    return refusedReport(target, "USAGE", "An address with user info is refused; hosts send no credentials.");
  }
  if (address !== undefined && options.url !== undefined) {
    return refusedReport(target, "USAGE", "An address is where it is served; --url is for a file.");
  }
  const live = address !== undefined || options.live === true;
  const findings: Finding[] = [];
  const report = (members: Partial<CheckReport>): CheckReport => {
    const exitCode = exitCodeOf(findings, strict);
    return {
      ...{ format: 1, ok: exitCode === 0, exitCode, strict, target, url: address?.href ?? null, live, manifest: null },
      ...{ findings, headers: { manifest: [], view: [] }, comparison: null },
      ...members,
    };
  };

  let text: string;
  let lacking: ReadonlySet<string> = new Set();
  if (address !== undefined) {
    onProgress?.(address.href);
    const fetched = await fetchManifest(address, hosts, timeoutMs);
    findings.push(...fetched.findings);
    if (fetched.text === undefined) return report({});
    ({ text, lacking } = { text: fetched.text, lacking: fetched.lacking });
  } else {
    try {
      text = await readText(target, timeoutMs);
    } catch (error) {
      return refusedReport(target, "FILE_UNREADABLE", unreadable(target, error));
    }
  }

  const url = address?.href ?? options.url ?? declaredAddress(text);
  const parsed = parseManifest(text, { url });
  if (!parsed.ok) {
    const locate = locator(text);
    // The package's sentence names its own option, which nobody gave here.
    const mendAddress =
      options.url === undefined
        ? "serve it over https"
        : "give --url as it will be served, over https and without user info";
    const faults = parsed.faults.map(({ pointer, code, message }): Finding => {
      const said = message.replace("give `url` as fetched", mendAddress);
      return { severity: "fault", code, message: said, subject: "manifest", pointer, ...locate(pointer) };
    });
    // As they stand in the text: whoever mends them goes through it from the top.
    faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
    findings.push(...faults);
    return report({ url });
  }
  const { manifest } = parsed;
  if (!protocolVersions.some((version) => isInRange(version, manifest.protocol))) {
    const speaks = protocolVersions.join(", ");
    const message = `${manifest.protocol} has no version of the bridge's protocol that hosts speak: ${speaks}.`;
    findings.push({
      ...{ severity: "fault", code: "VERSION_MISMATCH", message, subject: "manifest", pointer: "/protocol" },
      ...locator(text)("/protocol"),
    });
  }
  const views = Object.entries(manifest.surfaces.panel?.views ?? {}).map(([name, { entry }]) => ({
    name,
    url: new URL(entry, manifest.origin).href,
  }));

  let comparison: CheckReport["comparison"] = null;
  if (options.compare !== undefined) {
    const saved = await readSaved(options.compare, timeoutMs);
    if (typeof saved === "string") return refusedReport(target, "FILE_UNREADABLE", saved);
    comparison = compareWith(saved, manifest, findings);
  }
  findings.push(...frameFindings(manifest, hosts));

  const headers = { manifest: [] as string[], view: [] as string[] };
  if (live) {
    if (address === undefined && url !== null) {
      onProgress?.(url);
      const fetched = await fetchManifest(new URL(url), hosts, timeoutMs);
      findings.push(...fetched.findings);
      lacking = fetched.lacking;
      const served = fetched.text === undefined ? undefined : parseManifest(fetched.text, { url });
      if (served !== undefined && !(served.ok && isDeepStrictEqual(served.manifest, manifest))) {
        const message = `What is served at ${url} is not what is in this file; the views below are checked by the file.`;
        findings.push({ severity: "warning", code: "NOT_DEPLOYED", message, subject: "manifest", url });
      }
    }
    const missing = new Set<string>();
    const framedBy = new Set<string>();
    for (let index = 0; index < views.length; index += atOnce) {
      const group = views.slice(index, index + atOnce);
      onProgress?.(group.map((view) => view.url).join(" "));
      for (const view of await Promise.all(group.map(({ name }) => checkView(manifest, name, { hosts, timeoutMs })))) {
        findings.push(...view.findings);
        for (const name of view.lacking) missing.add(name);
        for (const host of view.hosts) framedBy.add(host);
      }
    }
    try {
      const lines = recommended(manifest, hosts.length > 0 ? hosts : [...framedBy]);
      headers.manifest = linesFor(lines.manifest, lacking);
      headers.view = linesFor(lines.view, missing);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      findings.push({ severity: "warning", code: "POLICY_UNSAID", message: error.message, subject: "manifest" });
    }
  }
  const { id, version, name, origin } = manifest;
  return report({ url, manifest: { id, version, name: textFor(name), origin, views }, headers, comparison });
}

/** The target as an address, or undefined for a file. */
function addressOf(target: string): URL | undefined {
  if (!URL.canParse(target)) return undefined;
  const url = new URL(target);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  return url.pathname === "/" && url.search === "" ? new URL(wellKnown, url) : url;
}

/** Where the convention serves a manifest of this text, as far as it can be told before the text is known to hold. */
function declaredAddress(text: string): string | null {
  try {
    const { origin }: { origin?: unknown } = JSON.parse(text);
    return typeof origin === "string" && URL.canParse(wellKnown, origin) ? new URL(wellKnown, origin).href : null;
  } catch {
    return null;
  }
}

/** Reads little more than a manifest may have (a byte order mark is none of it), so that a file without end ends, too. */
async function readText(path: string, timeoutMs: number): Promise<string> {
  const file = path.startsWith("file:") ? fileURLToPath(path) : path;
  const chunks: Buffer[] = [];
  const stream = createReadStream(file, { end: manifestLimits.bytes + 3, signal: AbortSignal.timeout(timeoutMs) });
  for await (const chunk of stream) chunks.push(chunk);
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function unreadable(path: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return `There is no file ${path}; name one, or an address that begins with https://.`;
  if (code === "EISDIR") return `${path} is a folder; name the manifest in it.`;
  if (code === "ABORT_ERR") return `${path} has not been read within the time limit.`;
  return `${path} cannot be read (${code || "no reason given"}).`;
}

async function readSaved(path: string, timeoutMs: number): Promise<Manifest | string> {
  let text: string;
  try {
    text = await readText(path, timeoutMs);
  } catch (error) {
    return unreadable(path, error);
  }
  const parsed = parseManifest(text, { url: null });
  if (parsed.ok) return parsed.manifest;
  const [first] = parsed.faults;
  return `The saved manifest ${basename(path)} has faults itself; check it first. ${first?.pointer || "/"}: ${first?.message}`;
}

function compareWith(saved: Manifest, manifest: Manifest, findings: Finding[]): CheckReport["comparison"] {
  const { narrows, widens } = comparePermissions(saved, manifest);
  const order = compareVersions(manifest.version, saved.version);
  const [before, after] = [saved.version, manifest.version];
  const tell = (severity: Finding["severity"], code: string, message: string, pointer?: string) =>
    findings.push({ severity, code, message, subject: "comparison", ...(pointer === undefined ? {} : { pointer }) });
  if (order < 0) {
    tell("warning", "ROLLBACK", `Goes back from ${before} to ${after}; hosts take it, and note it in their audit.`);
  } else if (order === 0 && narrows.length + widens.length > 0) {
    tell("warning", "VERSION_SAME", `Asks for something else under the same version ${after}; give it a later one.`);
  }
  for (const { kind, message, pointer } of widens) {
    // Users are asked about scopes alone; all else is theirs who wrote the policy.
    const isAsked = kind === "scope" || kind === "scope-use";
    tell(
      "warning",
      "WIDENS",
      isAsked ? `${message} Hosts go on without it until it is consented to.` : message,
      pointer,
    );
  }
  for (const { message, pointer } of narrows) tell("note", "NARROWS", message, pointer);
  return { before, after, rollback: order < 0, narrows, widens };
}

/** What a host's page would be told on making each view's frame, with all granted that the manifest asks for. */
function frameFindings(manifest: Manifest, hosts: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  const scopes = Object.keys(manifest.scopes);
  const policy = { scopes: scopes.map((scope) => ({ scope })), permissions: Object.keys(manifest.permissions) };
  for (const view of Object.keys(manifest.surfaces.panel?.views ?? {})) {
    const grant = grantFor({ manifest, view, policy, consent: scopes, now: 0 });
    for (const hostOrigin of hosts) {
      const frame = framePolicy(manifest, grant, { hostOrigin, view });
      if (!frame.ok)
        findings.push({ severity: "fault", code: frame.code, message: frame.message, subject: "view", view });
      // One site is no fault by itself: the live check asks for the header that makes up for it.
      const warning = frame.ok ? frame.warnings?.find(({ code }) => code !== "SAME_SITE") : undefined;
      if (
        warning !== undefined &&
        !findings.some((finding) => finding.view === view && finding.code === warning.code)
      ) {
        findings.push({ severity: "warning", ...warning, subject: "view", view });
      }
    }
  }
  return findings;
}
