import { type Manifest, viewOf } from "@partner-panel/manifest";
import { isPattern, letsPass, type Policy, sourcesOf } from "./policy.js";

type Tell = (severity: "fault" | "warning", code: string, message: string) => void;

/** What a script's sources hold that lets in what the partner never wrote. */
function unsafe(sources: readonly string[]): string[] {
  const lower = sources.map((source) => source.toLowerCase());
  // A nonce, a hash or strict-dynamic makes browsers pass over 'unsafe-inline', and the latter over hosts too.
  const bound = lower.some((source) => /^'(?:nonce-|sha(?:256|384|512)-)/.test(source));
  const dynamic = lower.includes("'strict-dynamic'");
  return lower.filter(
    (source) =>
      (source === "'unsafe-inline'" && !bound && !dynamic) ||
      source === "'unsafe-eval'" ||
      (!dynamic && isPattern(source) && !source.startsWith("'")),
  );
}

/**
 * A view's policy held against what its manifest says: does it let the view reach what it needs, is it tight where scripts
 * come in, and does it open what the manifest keeps quiet about.
 *
 * @param name the view's.
 * @param page the address of the view.
 */
export function checkPolicy(
  policies: readonly Policy[],
  manifest: Manifest,
  name: string,
  page: URL,
  tell: Tell,
): void {
  if (policies.length === 0) {
    tell(
      "warning",
      "CSP_MISSING",
      "Has no Content-Security-Policy: whatever gets into the page may load and send anything.",
    );
    return;
  }
  const passes = (directive: string, address: URL) =>
    policies.every((policy) => {
      const sources = sourcesOf(policy, directive);
      return sources === undefined || letsPass(sources, address, page);
    });

  for (const policy of policies) {
    const sandbox = policy.get("sandbox");
    const kept = ["allow-scripts", "allow-same-origin"].filter((flag) => sandbox?.includes(flag) === false);
    if (kept.length > 0)
      tell("fault", "CSP_BLOCKS", `Its policy's sandbox lacks ${kept.join(" and ")}, so the view cannot run.`);
  }

  const { auth, csp } = manifest;
  if (auth !== undefined && viewOf(manifest, name)?.token === true) {
    for (const member of ["issuer", "resource"] as const) {
      const { origin } = new URL(auth[member]);
      if (passes("connect-src", new URL(origin))) continue;
      tell("fault", "CSP_BLOCKS", `connect-src keeps the view from ${origin}, its auth's ${member}: sign-in fails.`);
    }
  }
  for (const domain of csp?.connectDomains ?? []) {
    if (passes("connect-src", new URL(domain))) continue;
    tell("warning", "CSP_BLOCKS", `connect-src keeps the view from ${domain}, which the manifest's csp declares.`);
  }

  const open = ["script-src", "connect-src", "frame-src", "base-uri", "form-action"].filter((directive) =>
    policies.every((policy) => sourcesOf(policy, directive) === undefined),
  );
  if (open.length > 0)
    tell("warning", "CSP_OPEN", `Its policy says nothing of ${open.join(", ")}; what is not named is allowed.`);

  // Several policies only narrow: what one of them does not have, the page has not.
  const scripts = policies.map((policy) => unsafe(sourcesOf(policy, "script-src") ?? []));
  if (scripts.every((sources) => sources.length > 0) && !open.includes("script-src")) {
    const list = [...new Set(scripts.flat())].join(" ");
    tell(
      "warning",
      "CSP_UNSAFE",
      `script-src lets in ${list}: scripts that the partner never wrote may run. Use files, nonces or hashes.`,
    );
  }

  checkReach(policies, manifest, passes, tell);
}

/** What the policy opens and the manifest keeps quiet about. Told once for each source, however many directives have it. */
function checkReach(
  policies: readonly Policy[],
  { origin: home, auth, csp }: Manifest,
  passes: (directive: string, address: URL) => boolean,
  tell: Tell,
): void {
  const own = [home, ...(auth === undefined ? [] : [new URL(auth.issuer).origin, new URL(auth.resource).origin])];
  const undeclared = new Map<string, string[]>();
  const wide = new Map<string, string[]>();
  for (const [directive, member] of directives) {
    const lists = policies.map((policy) => sourcesOf(policy, directive) ?? []);
    const declared = new Set([...own, ...(csp?.[member] ?? [])]);
    for (const source of new Set(lists.flat())) {
      if (source.startsWith("'") || !URL.canParse(source)) continue;
      const url = new URL(source);
      // data: and blob: are no domains.
      if (url.origin === "null" || declared.has(url.origin) || !passes(directive, url)) continue;
      add(undeclared, `${source}; say so in the manifest's csp.${member}`, directive);
    }
    const patterns = lists.map((list) => list.filter(isWide));
    // Those of scripts are told by themselves; and several policies only narrow.
    if (directive === "script-src" || patterns.some((list) => list.length === 0)) continue;
    add(wide, [...new Set(patterns.flat())].join(" "), directive);
  }
  for (const [what, where] of undeclared) {
    tell("warning", "CSP_UNDECLARED", `The policy (${where.join(", ")}) lets the view reach ${what}.`);
  }
  for (const [what, where] of wide) {
    tell(
      "warning",
      "CSP_WIDE",
      `The policy (${where.join(", ")}) lets in ${what}, more than a manifest can say; name each origin.`,
    );
  }
}

const directives = [
  ["script-src", "resourceDomains"],
  ["style-src", "resourceDomains"],
  ["img-src", "resourceDomains"],
  ["font-src", "resourceDomains"],
  ["media-src", "resourceDomains"],
  ["connect-src", "connectDomains"],
  ["frame-src", "frameDomains"],
] as const;

function add(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

/** A pattern that stands for other sites; `data:` and `blob:` do not. */
function isWide(source: string): boolean {
  return isPattern(source) && !["data:", "blob:", "mediastream:", "filesystem:"].includes(source.toLowerCase());
}
