import * as v from "valibot";
import { manifestLimits as limits } from "./limits.js";
import { address, dictionary, listOf, members, scope, word, words } from "./schema-parts.js";
import { checkAbsolute, checkOrigin } from "./url.js";
import { type PermissionName, permissionNames } from "./vocabulary.js";

/*
 * The one schema: types, the published JSON Schema and the checks all come from here. What JSON Schema cannot say
 * (canonical origins, duplicates by pointer, what one member means for another) is a check beside it or in rules.ts.
 */

const scopePattern = /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/;
const oauthScopePattern = /^[!#-)+-[\]-~]+$/; // RFC 6749 section 3.3, scope-token, less the asterisk
const idPattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+$/;
const viewPattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
const number = "(?:0|[1-9][0-9]*)";
const identifier = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
// Semantic Versioning 2.0.0, as its own FAQ suggests it.
const versionPattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-${identifier}(?:\\.${identifier})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const rangePattern = new RegExp(`^\\^${number}\\.${number}\\.${number}$`);

const scopeName = scope(limits.name, scopePattern, 'A scope is "noun:verb" in lower case, as "ticket:read".');
const oauthScope = scope(
  256,
  oauthScopePattern,
  "Must be one OAuth scope token (RFC 6749, section 3.3), without blanks or quotes.",
);
const scopeList = listOf(scopeName, "SCOPE_DUPLICATE: This scope is listed twice; keep one.");

const scopeAsk = members({
  title: v.pipe(words(limits.title), v.description("What the scope lets the view do, as consent shows it.")),
  reason: v.exactOptional(v.pipe(words(limits.reason), v.description("Why the view needs it, as consent shows it."))),
  optional: v.exactOptional(v.pipe(v.boolean(), v.description("True if the view works without it."))),
});

const permissionAsk = members({
  reason: v.exactOptional(v.pipe(words(limits.reason), v.description("Why the view needs it."))),
});
const permissionEntries = Object.fromEntries(
  permissionNames.map((name) => [name, v.exactOptional(permissionAsk)]),
) as Record<PermissionName, v.ExactOptionalSchema<typeof permissionAsk, undefined>>;

const icon = members({
  src: v.pipe(v.string(), v.description("A path on the manifest's origin, or a whole URL there.")),
  sizes: v.exactOptional(
    word(
      limits.name,
      /^(?:any|[1-9][0-9]{0,4}x[1-9][0-9]{0,4}(?: [1-9][0-9]{0,4}x[1-9][0-9]{0,4})*)$/,
      'ICON_SIZES: Must be "any" or sizes as "48x48 96x96".',
    ),
  ),
  type: v.exactOptional(
    word(limits.name, /^image\/[a-z0-9.+-]+$/, 'ICON_TYPE: Must be a media type, as "image/svg+xml".'),
  ),
  purpose: v.exactOptional(
    word(
      limits.name,
      /^(?:any|monochrome|maskable)(?: (?:any|monochrome|maskable))*$/,
      'ICON_PURPOSE: Must be of "any", "monochrome", "maskable".',
    ),
  ),
});

const view = members({
  entry: v.pipe(v.string(), v.description("The view's page: a path on the manifest's origin, or a whole URL there.")),
  title: v.exactOptional(words(limits.title)),
  display: v.exactOptional(listOf(v.picklist(["inline", "dialog", "fullscreen"]))),
  minHeight: v.exactOptional(
    v.pipe(
      v.number(),
      v.integer("NUMBER_INVALID: Must be a whole number of CSS pixels."),
      v.minValue(0, "NUMBER_INVALID: Must not be negative."),
      v.maxValue(limits.height, `NUMBER_INVALID: Must be at most ${limits.height} CSS pixels.`),
      v.description("CSS pixels to keep free before the view has told its height."),
    ),
  ),
  scopes: v.exactOptional(v.pipe(scopeList, v.description("Of the scopes declared above; all of them if left out."))),
  token: v.exactOptional(
    v.pipe(
      v.boolean(),
      v.description("Whether the view needs an access token; if left out, it does when there is an auth."),
    ),
  ),
});

const viewName = word(
  limits.name,
  viewPattern,
  'VIEW_NAME: The name of a view is letters, digits, dashes and underscores, as "issue-list".',
);

/** The levels whose own members come with them: each may already be declared, with the scopes it cannot do without. */
const surface = members({ scopes: v.exactOptional(scopeList) });

const domains = v.exactOptional(listOf(address((text) => checkOrigin(text))));

export const manifestSchema = members({
  $schema: v.exactOptional(v.pipe(v.string(), v.description("Where an editor finds the JSON Schema of this format."))),
  manifest_version: v.pipe(v.literal(1), v.description("The format: 1.")),
  id: v.pipe(
    word(limits.id, idPattern, 'ID_INVALID: Must be reverse DNS in lower case, as "com.example.issues".'),
    v.description("The partner's id in reverse DNS. It names the partner for ever; consent is kept under it."),
  ),
  version: v.pipe(
    word(limits.name, versionPattern, 'VERSION_INVALID: Must be a semantic version, as "2.3.0".'),
    v.description("Semantic version of what is offered."),
  ),
  name: v.pipe(words(limits.title), v.description("The partner's name, as users read it.")),
  origin: v.pipe(
    address((text) => checkOrigin(text)),
    v.description("The only origin framed, and the only one the bridge answers; the manifest is served from it."),
  ),
  icons: v.exactOptional(v.pipe(v.array(icon), v.description("As in a Web App Manifest."))),
  protocol: v.pipe(
    word(limits.name, rangePattern, 'PROTOCOL_INVALID: Must be a caret range of the bridge protocol, as "^1.0.0".'),
    v.description("Versions of the bridge protocol that the view speaks, as ^1.0.0."),
  ),
  scopes: v.optional(
    v.pipe(
      dictionary(scopeName, scopeAsk),
      v.description("What the views ask of the host, with the words that consent shows."),
    ),
    {},
  ),
  permissions: v.optional(
    v.pipe(members(permissionEntries, permissionRefusal), v.description("What the views' frames need of the browser.")),
    {},
  ),
  auth: v.exactOptional(
    v.pipe(
      members({
        issuer: v.pipe(
          address((text) => {
            const check = checkAbsolute(text);
            if (check.fault !== undefined || (check.url.search === "" && check.url.hash === "")) return check;
            return {
              fault: {
                code: "URL_INVALID",
                message: "An issuer has no query and no fragment (OpenID Connect Discovery 1.0, section 3).",
              },
            };
          }),
          v.description("The OpenID provider that issues tokens for the partner's API."),
        ),
        client_id: v.pipe(
          v.string(),
          v.minLength(1, "VALUE: Must not be empty."),
          v.maxLength(256, "TOO_LONG: Must be at most 256 characters."),
        ),
        resource: v.pipe(
          address((text) => {
            const check = checkAbsolute(text);
            if (check.fault !== undefined || check.url.hash === "") return check;
            return { fault: { code: "URL_INVALID", message: "A resource has no fragment (RFC 8707, section 2)." } };
          }),
          v.description("The partner's API, as the token's audience."),
        ),
        modes: v.optional(
          v.pipe(
            listOf(v.picklist(["assertion", "exchange", "code"])),
            v.minLength(1, "VALUE: Must name at least one mode."),
            v.description("The ways to get the token that the partner can carry."),
          ),
          ["assertion"],
        ),
        scopes: v.exactOptional(
          v.pipe(
            listOf(oauthScope, "SCOPE_DUPLICATE: This scope is listed twice; keep one."),
            v.description("Scopes of the partner's own API, for the view's token."),
          ),
        ),
      }),
      v.description("How the view gets a token for the partner's own API."),
    ),
  ),
  csp: v.exactOptional(
    v.pipe(
      members({
        connectDomains: v.exactOptional(
          listOf(address((text) => checkOrigin(text, ["https:", "http:", "wss:", "ws:"]))),
        ),
        resourceDomains: domains,
        frameDomains: domains,
        baseUriDomains: domains,
      }),
      v.description("Other origins that the view needs, each exact; named as in MCP Apps."),
    ),
  ),
  surfaces: v.pipe(
    members(
      {
        link: v.pipe(
          members({
            entry: v.pipe(v.string(), v.description("The page that the link leads to, on the manifest's origin.")),
          }),
          v.description("Level 0, the floor: what a host shows when nothing deeper is granted."),
        ),
        icon: v.exactOptional(surface),
        unfurl: v.exactOptional(surface),
        data: v.exactOptional(surface),
        record: v.exactOptional(surface),
        panel: v.exactOptional(
          members({
            views: v.pipe(
              dictionary(viewName, view),
              v.minEntries(1, "VIEWS_EMPTY: A panel offers at least one view."),
            ),
          }),
        ),
        platform: v.exactOptional(surface),
        bundle: v.exactOptional(surface),
      },
      () => "UNKNOWN_SURFACE: Is no surface; the ladder is link, icon, unfurl, data, record, panel, platform, bundle.",
    ),
    v.description("How deep the product can be integrated: one member for each level it offers."),
  ),
});

function permissionRefusal(name: string): string {
  const known = `UNKNOWN_PERMISSION: Is no permission; known are ${permissionNames.join(", ")}.`;
  if (name.includes("*")) return "UNKNOWN_PERMISSION: Wildcards are refused; name each permission.";
  if (name.includes("top-navigation"))
    return "UNKNOWN_PERMISSION: A frame never navigates the host's page; ask the host to open a link.";
  if (name.includes("modals"))
    return "UNKNOWN_PERMISSION: A frame never opens modal boxes; ask the host to show a dialog.";
  return known;
}

/** What a partner publishes about itself, as {@link parseManifest} gives it. */
export type Manifest = v.InferOutput<typeof manifestSchema>;
/** A manifest as it is written, before defaults. */
export type ManifestInput = v.InferInput<typeof manifestSchema>;
/** One named screen that the partner exposes, as the manifest describes it. */
export type View = v.InferOutput<typeof view>;
/** A view as it is written, before defaults. */
export type ViewInput = v.InferInput<typeof view>;
/** A declared scope with the words that consent shows. */
export type ScopeAsk = v.InferOutput<typeof scopeAsk>;
/** How the view gets a token for the partner's own API. */
export type Auth = NonNullable<Manifest["auth"]>;
/** A way for the view to get its token. */
export type AuthMode = Auth["modes"][number];
/** How a view may be shown. */
export type DisplayMode = NonNullable<View["display"]>[number];
