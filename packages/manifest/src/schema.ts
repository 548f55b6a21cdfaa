import * as v from "valibot";
import { manifestLimits as limits } from "./limits.js";
import { dictionary, listOf, members, ruled, word, words } from "./schema-parts.js";
import { type PermissionName, permissionNames } from "./vocabulary.js";

/*
 * The one schema. The types come from here, and so do the published JSON Schema (v1.json) and the checks (shape-table.ts),
 * which `npm run schema` writes. It is not loaded where a manifest is checked: what runs is the table, which is a third of
 * the schema and its library in size, and says nothing else. What no schema can say (canonical origins, what one member
 * means for another) is a rule in rules.ts, named here.
 */

const scopePattern = /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/;
const oauthScopePattern = /^[!#-)+-[\]-~]+$/; // RFC 6749 section 3.3, scope-token, less the asterisk
const clientPattern = /^[ -~]+$/; // RFC 6749 appendix A.1, less the empty one
const idPattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+$/;
const viewPattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
const number = "(?:0|[1-9][0-9]*)";
const identifier = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
// Semantic Versioning 2.0.0, as its own FAQ suggests it.
const versionPattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-${identifier}(?:\\.${identifier})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const rangePattern = new RegExp(`^\\^${number}\\.${number}\\.${number}$`);

const scopeName = word(limits.name, scopePattern, "SCOPE_INVALID");
const oauthScope = word(256, oauthScopePattern, "SCOPE_INVALID");
const declaredScopes = listOf(v.pipe(scopeName, v.metadata({ rule: "declared" })), "SCOPE_DUPLICATE");

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
  src: v.pipe(ruled("entry"), v.description("A path on the manifest's origin, or a whole URL there.")),
  sizes: v.exactOptional(
    word(limits.name, /^(?:any|[1-9][0-9]{0,4}x[1-9][0-9]{0,4}(?: [1-9][0-9]{0,4}x[1-9][0-9]{0,4})*)$/, "ICON_SIZES"),
  ),
  type: v.exactOptional(word(limits.name, /^image\/[a-z0-9.+-]+$/, "ICON_TYPE")),
  purpose: v.exactOptional(
    word(limits.name, /^(?:any|monochrome|maskable)(?: (?:any|monochrome|maskable))*$/, "ICON_PURPOSE"),
  ),
});

const view = members({
  entry: v.pipe(
    ruled("entry"),
    v.description("The view's page: a path on the manifest's origin, or a whole URL there."),
  ),
  title: v.exactOptional(words(limits.title)),
  display: v.exactOptional(listOf(v.picklist(["inline", "dialog", "fullscreen"]))),
  minHeight: v.exactOptional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.maxValue(limits.height),
      v.description("CSS pixels to keep free before the view has told its height."),
    ),
  ),
  scopes: v.exactOptional(
    v.pipe(declaredScopes, v.description("Of the scopes declared above; all of them if left out.")),
  ),
  token: v.exactOptional(
    v.pipe(
      v.boolean(),
      v.metadata({ rule: "token" }),
      v.description("Whether the view needs an access token; if left out, it does when there is an auth."),
    ),
  ),
});

const viewName = word(limits.name, viewPattern, "VIEW_NAME");

/** The levels whose own members come with them: each may already be declared, with the scopes it cannot do without. */
const surface = members({ scopes: v.exactOptional(declaredScopes) });

const domains = v.exactOptional(listOf(ruled("origin")));

export const manifestSchema = members({
  $schema: v.exactOptional(v.pipe(v.string(), v.description("Where an editor finds the JSON Schema of this format."))),
  manifest_version: v.pipe(v.literal(1), v.description("The format: 1.")),
  id: v.pipe(
    word(limits.id, idPattern, "ID_INVALID"),
    v.description("The partner's id in reverse DNS. It names the partner for ever; consent is kept under it."),
  ),
  version: v.pipe(
    word(limits.name, versionPattern, "VERSION_INVALID"),
    v.description("Semantic version of what is offered."),
  ),
  name: v.pipe(words(limits.title), v.description("The partner's name, as users read it.")),
  origin: v.pipe(
    ruled("origin"),
    v.description("The only origin framed, and the only one the bridge answers; the manifest is served from it."),
  ),
  icons: v.exactOptional(v.pipe(v.array(icon), v.description("As in a Web App Manifest."))),
  protocol: v.pipe(
    word(limits.name, rangePattern, "PROTOCOL_INVALID"),
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
    v.pipe(
      members(permissionEntries, "UNKNOWN_PERMISSION"),
      v.description("What the views' frames need of the browser."),
    ),
    {},
  ),
  auth: v.exactOptional(
    v.pipe(
      members({
        issuer: v.pipe(ruled("issuer"), v.description("The OpenID provider that issues tokens for the partner's API.")),
        client_id: word(256, clientPattern, "CLIENT_ID_INVALID"),
        resource: v.pipe(ruled("resource"), v.description("The partner's API, as the token's audience.")),
        modes: v.optional(
          v.pipe(
            listOf(v.picklist(["assertion", "exchange", "code"])),
            v.minLength(1),
            v.description("The ways to get the token that the partner can carry."),
          ),
          ["assertion"],
        ),
        scopes: v.exactOptional(
          v.pipe(
            listOf(oauthScope, "SCOPE_DUPLICATE"),
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
        connectDomains: v.exactOptional(listOf(ruled("reach"))),
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
            entry: v.pipe(ruled("entry"), v.description("The page that the link leads to, on the manifest's origin.")),
          }),
          v.description("Level 0, the floor: what a host shows when nothing deeper is granted."),
        ),
        icon: v.exactOptional(surface),
        unfurl: v.exactOptional(surface),
        data: v.exactOptional(surface),
        record: v.exactOptional(surface),
        panel: v.exactOptional(
          members({
            views: v.pipe(dictionary(viewName, view), v.minEntries(1), v.metadata({ code: "VIEWS_EMPTY" })),
          }),
        ),
        platform: v.exactOptional(surface),
        bundle: v.exactOptional(surface),
      },
      "UNKNOWN_SURFACE",
    ),
    v.description("How deep the product can be integrated: one member for each level it offers."),
  ),
});

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
