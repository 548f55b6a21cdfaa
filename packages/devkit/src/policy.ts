/** One Content-Security-Policy: directives by name, each with its sources. */
export type Policy = ReadonlyMap<string, readonly string[]>;

/**
 * The policies in the values of the Content-Security-Policy headers (CSP 3, section 2.2.1 and 2.2.2). A comma parts two
 * policies as two headers do, and each of them has to let a thing pass; of a directive that stands twice the first counts.
 */
export function parsePolicies(values: readonly string[]): Policy[] {
  return values
    .flatMap((value) => value.split(","))
    .map((text) => {
      const directives = new Map<string, readonly string[]>();
      for (const directive of text.split(";")) {
        const [name, ...sources] = directive.split(/[\t\n\f\r ]+/).filter(Boolean);
        if (name !== undefined && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources);
      }
      return directives;
    })
    .filter((policy) => policy.size > 0);
}

/** What a directive of the fetch kind falls back to where it is not there itself; the others fall back to nothing. */
const fallbacks: Readonly<Record<string, readonly string[]>> = {
  "script-src": ["default-src"],
  "style-src": ["default-src"],
  "img-src": ["default-src"],
  "font-src": ["default-src"],
  "media-src": ["default-src"],
  "connect-src": ["default-src"],
  "frame-src": ["child-src", "default-src"],
};

/** The sources that hold for a directive, its fallbacks included; undefined where the policy says nothing of it. */
export function sourcesOf(policy: Policy, directive: string): readonly string[] | undefined {
  const own = Object.hasOwn(fallbacks, directive) ? (fallbacks[directive] ?? []) : [];
  return [directive, ...own].map((name) => policy.get(name)).find((sources) => sources !== undefined);
}

/**
 * Whether a list of sources lets an address pass (CSP 3, section 6.7.2.5 and on). A source with a path counts as letting
 * its whole origin pass: which paths are fetched is not known here.
 *
 * @param self the page that has the policy.
 */
export function letsPass(sources: readonly string[], address: URL, self: URL): boolean {
  return sources.some((source) => {
    const lower = source.toLowerCase();
    if (lower === "'self'") return sameOrUpgraded(self, address);
    if (lower === "*") return ["http:", "https:", "ws:", "wss:", self.protocol].includes(address.protocol);
    if (isScheme(lower)) return schemeMatches(lower, address.protocol);
    const { scheme, host, port } = split(lower);
    if (!schemeMatches(scheme ?? self.protocol, address.protocol)) return false;
    const hostMatches = host.startsWith("*.")
      ? address.hostname.endsWith(host.slice(1))
      : host === "*" || address.hostname === host;
    return hostMatches && portMatches(port, scheme, address);
  });
}

/** Whether a source names more than one origin: a star, a whole scheme, or a name without its scheme. */
export function isPattern(source: string): boolean {
  const lower = source.toLowerCase();
  return !lower.startsWith("'") && (lower.includes("*") || isScheme(lower) || split(lower).scheme === undefined);
}

function isScheme(source: string): boolean {
  return source.endsWith(":") && !source.includes("/");
}

function split(source: string): { scheme: string | undefined; host: string; port: string } {
  const mark = source.indexOf("://");
  const scheme = mark < 0 ? undefined : source.slice(0, mark + 1);
  const [authority = ""] = source.slice(mark < 0 ? 0 : mark + 3).split("/", 1);
  // From behind, past the colons of an IPv6 address.
  const colon = authority.lastIndexOf(":");
  return colon > authority.lastIndexOf("]")
    ? { scheme, host: authority.slice(0, colon), port: authority.slice(colon + 1) }
    : { scheme, host: authority, port: "" };
}

/** A scheme lets its own secure form pass, too. */
function schemeMatches(source: string, address: string): boolean {
  return (
    source === address ||
    (source === "http:" && address === "https:") ||
    (source === "ws:" && ["wss:", "http:", "https:"].includes(address)) ||
    (source === "wss:" && address === "https:")
  );
}

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "ws:": "80", "https:": "443", "wss:": "443" };

function portMatches(port: string, scheme: string | undefined, address: URL): boolean {
  const asked = address.port || defaultPorts[address.protocol];
  if (port === "*") return true;
  const named = port || defaultPorts[scheme ?? address.protocol];
  return named === asked || (named === "80" && asked === "443");
}

function sameOrUpgraded(self: URL, address: URL): boolean {
  if (self.host !== address.host) return false;
  if (self.protocol === address.protocol || address.protocol === "https:" || address.protocol === "wss:") return true;
  return self.protocol === "http:" && address.protocol === "ws:";
}
