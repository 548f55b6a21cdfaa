import type { ManifestInput } from "./schema.js";
import { quoted } from "./text.js";
import { checkAbsolute, checkOrigin, type UrlCheck } from "./url.js";
import { urlSentence } from "./words.js";

/** Header lines, each `Name: value`, ready to paste into a server's configuration. */
export interface HeaderLines {
  /** For the host's pages that hold a panel. Merge the policy into the one there is: two policies only narrow. */
  readonly host: readonly string[];
  readonly partner: {
    /** For the manifest itself. Every host may read it, for it holds no secret and is fetched without credentials. */
    readonly manifest: readonly string[];
    /** For the views' pages. Send no `X-Frame-Options` with them: it knows no list of origins, and forbids all hosts. */
    readonly view: readonly string[];
  };
}

/**
 * The headers that both products send for this manifest.
 *
 * The view's policy lets in what the manifest names: its `csp` domains, and for the token its issuer and resource.
 *
 * @param options.hosts the exact origins of the hosts that may frame the views; with none, nobody may.
 * @throws TypeError if a host, or an address in a manifest that was made by hand, is not an exact origin, or is an IPv6
 *   address: it would end up in a policy as something else than was meant.
 */
export function headersFor(manifest: ManifestInput, { hosts }: { readonly hosts: readonly string[] }): HeaderLines {
  const own = exact(checkOrigin(manifest.origin));
  const csp = manifest.csp ?? {};
  const origins = (list: readonly string[] | undefined, schemes?: readonly string[]) =>
    (list ?? []).map((text) => exact(checkOrigin(text, schemes)));
  const { auth } = manifest;
  const token = auth === undefined ? [] : [exact(checkAbsolute(auth.issuer)), exact(checkAbsolute(auth.resource))];
  const resources = sources("'self'", origins(csp.resourceDomains));
  const connect = [...origins(csp.connectDomains, ["https:", "http:", "wss:", "ws:"]), ...token];
  const has = (permission: string) => Object.hasOwn(manifest.permissions ?? {}, permission);

  const view = [
    "default-src 'none'",
    `script-src ${resources}`,
    `style-src ${resources}`,
    `img-src ${resources}`,
    `font-src ${resources}`,
    `media-src ${resources}`,
    `connect-src ${sources(
      "'self'",
      connect.filter((origin) => origin !== own),
    )}`,
    `frame-src ${sources("'none'", origins(csp.frameDomains))}`,
    `base-uri ${sources("'none'", origins(csp.baseUriDomains))}`,
    `form-action ${has("forms") ? "'self'" : "'none'"}`,
    `frame-ancestors ${sources("'none'", origins(hosts))}`,
  ];
  const host = [
    `frame-src ${own}`,
    `connect-src 'self' ${own}`,
    ...((manifest.icons ?? []).length > 0 ? [`img-src 'self' ${own}`] : []),
  ];
  const opensPopups = has("popups") && auth?.modes?.includes("code") === true;
  return {
    host: [
      `Content-Security-Policy: ${host.join("; ")}`,
      // "same-origin" would hand the view's sign-in a null window.
      ...(opensPopups ? ["Cross-Origin-Opener-Policy: same-origin-allow-popups"] : []),
    ],
    partner: {
      manifest: [
        "Content-Type: application/json",
        "Access-Control-Allow-Origin: *",
        "Cache-Control: no-cache",
        "X-Content-Type-Options: nosniff",
      ],
      view: [
        `Content-Security-Policy: ${view.join("; ")}`,
        // Keeps a busy view from stopping a host that the browser would take for the same site.
        "Origin-Agent-Cluster: ?1",
        "X-Content-Type-Options: nosniff",
      ],
    },
  };
}

function exact({ url, fault }: UrlCheck): string {
  if (fault !== undefined) throw new TypeError(urlSentence(fault));
  // Its grammar has no brackets (CSP 3, section 2.3.1): browsers drop such a source, and an empty list lets nobody in.
  if (url.hostname.startsWith("[")) {
    throw new TypeError(`${quoted(url.origin)} is an IPv6 address, which no policy can name; use a host name.`);
  }
  return url.origin;
}

/** A source list without repetitions; `'none'` only stands alone. */
function sources(keyword: "'self'" | "'none'", origins: readonly string[]): string {
  if (keyword === "'none'") return origins.length > 0 ? [...new Set(origins)].join(" ") : keyword;
  return [...new Set([keyword, ...origins])].join(" ");
}
