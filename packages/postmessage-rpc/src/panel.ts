/**
 * The panel's own words on the wire: what `<partner-panel>` and a view say to each other beside the host's and the partner's
 * contracts. They live here for the two packages that speak them must not import each other. The checks are by hand, because this
 * package depends on nothing at run time.
 */
import { type Contract, type Members, makeContract, method, notification } from "./contract.js";
import { isRecord } from "./errors.js";
import { bounded, type DisplayMode, isDisplayMode, type PanelTheme, readTheme, word, words } from "./panel-welcome.js";
import type { SchemaResult, StandardSchema } from "./standard-schema.js";

/** A short message that the host shows in the panel, in its own way. */
export interface PanelToast {
  /** Text, no markup. At most 500 characters. */
  message: string;
  /** Default `info`. */
  kind?: "info" | "success" | "error" | undefined;
}

/** A yes-or-no question that the host asks in the panel, in its own way and under the partner's name. */
export interface PanelQuestion {
  /** Text, no markup. At most 500 characters. */
  message: string;
  /** At most 40 characters, as the next. Default: the host's own word. */
  confirmLabel?: string | undefined;
  cancelLabel?: string | undefined;
}

/** A key that was pressed in the view, as far as the host asked to hear of it. */
export interface PanelKey {
  key: string;
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

/** A token that was exchanged for the frame's key (RFC 8693): of no use to whoever passes it on. */
export interface ExchangedToken {
  access_token: string;
  /** `DPoP`, in any case; everything else is refused by both sides. */
  token_type: string;
  /** Seconds. */
  expires_in?: number | undefined;
  scope?: string | undefined;
  /** The next nonce of the token endpoint, if it gave one. */
  nonce?: string | undefined;
}

/**
 * How far the view's sign-in is. `started` and `done` bracket each attempt that a person could notice; `failed` carries why. `offered`: a person has
 * to press something in the view, which must be seen for that; `code` says what was the matter last.
 */
export interface SignInReport {
  state: "started" | "done" | "failed" | "offered";
  code?: string;
  message?: string;
}

/** How a user must have proved who they are (RFC 9470, section 3). */
export interface StepUpDemand {
  acr_values?: string | undefined;
  /** Seconds. */
  max_age?: number | undefined;
}

export interface ScopesAnswer {
  granted: string[];
  refused: { scope: string; by: string }[];
}

export { sessionOpener } from "./handshake.js";
export { requestWelcome, type Welcomed } from "./handshake-welcome.js";
export { implementLater } from "./implementation.js";
export { isShortcut, isTyping, parseShortcut, type Shortcut } from "./panel-keys.js";
export {
  type DisplayMode,
  type HostSignIn,
  isDisplayMode,
  type PanelTheme,
  type PanelWelcome,
  readShortcuts,
  readSignIn,
  readTheme,
} from "./panel-welcome.js";

type Read<T> = (value: unknown) => T | undefined;

/** A Standard Schema from a function that answers undefined for what it does not take. */
function schema<T>(read: Read<T>): StandardSchema<T, T> {
  const validate = (value: unknown): SchemaResult<T> => {
    const read_ = read(value);
    return read_ === undefined
      ? { issues: [{ message: "not of the form the panel's protocol gives" }] }
      : { value: read_ };
  };
  return { "~standard": { version: 1, vendor: "partner-panel", validate } };
}

/** Takes the members that are as these say, and drops every other one, so that a newer peer can say more. */
function shape<T extends object>(checks: { readonly [K in keyof T]-?: (value: unknown) => value is T[K] }) {
  return schema<T>((value) => {
    if (!isRecord(value)) return undefined;
    const read: Record<string, unknown> = {};
    for (const [name, is] of Object.entries<(value: unknown) => boolean>(checks)) {
      if (!is(value[name])) return undefined;
      if (value[name] !== undefined) read[name] = value[name];
    }
    return read as T;
  });
}

const flag = (value: unknown): value is boolean => typeof value === "boolean";
const line = (value: unknown): value is string => bounded(value, 500) && value.trim() !== "";
const label = (value: unknown): value is string | undefined => value === undefined || bounded(value, 40);
const path = (value: unknown): value is string => bounded(value, 2_000);
const kind = (value: unknown): value is PanelToast["kind"] =>
  value === undefined || value === "info" || value === "success" || value === "error";
const edge = (value: unknown): value is "start" | "end" => value === "start" || value === "end";
const mode = shape<{ mode: DisplayMode }>({ mode: isDisplayMode });

const empty = schema<Record<string, never>>((value) => (isRecord(value) ? {} : undefined));
const scopes = schema<{ scopes: string[] }>((value) =>
  isRecord(value) && words(value["scopes"]) ? { scopes: value["scopes"] } : undefined,
);

const answer = schema<ScopesAnswer>((value) => {
  if (!isRecord(value) || !words(value["granted"]) || !Array.isArray(value["refused"])) return undefined;
  const refused: ScopesAnswer["refused"] = [];
  for (const entry of value["refused"].slice(0, 256) as unknown[]) {
    if (!isRecord(entry) || !word(entry["scope"]) || !word(entry["by"])) return undefined;
    refused.push({ scope: entry["scope"], by: entry["by"] });
  }
  return { granted: value["granted"], refused };
});

/** What the host provides to every view. None needs a scope: each is decided by the panel itself. */
export const hostPanel = panelContract({
  /** The view shows what it is there to show. */
  "panel.ready": notification({ scope: null, params: empty }),
  /** The view's content is this high, in CSS pixels. */
  "panel.size": notification({
    scope: null,
    params: schema<{ height: number }>((value) => {
      const height = isRecord(value) ? value["height"] : undefined;
      return typeof height === "number" && height >= 0 && height <= 1_000_000 ? { height } : undefined;
    }),
  }),
  /** The view cannot go on. `expected`: not a defect, so nothing to report. */
  "panel.fail": notification({
    scope: null,
    params: schema<{ code: string; message: string; expected: boolean }>((value) => {
      if (!isRecord(value) || !word(value["code"]) || !bounded(value["message"], 2_000)) return undefined;
      return { code: value["code"], message: value["message"], expected: value["expected"] === true };
    }),
  }),
  "panel.signIn": notification({
    scope: null,
    params: schema<SignInReport>((value) => {
      if (!isRecord(value)) return undefined;
      const { state, code, message } = value;
      if (state !== "started" && state !== "done" && state !== "failed" && state !== "offered") return undefined;
      return { state, ...(word(code) ? { code } : {}), ...(bounded(message, 2_000) ? { message } : {}) };
    }),
  }),
  /** Asks for a signed statement of who the user is, bound to the key with this RFC 7638 thumbprint. */
  "panel.assertion": method({
    scope: null,
    params: schema<{ jkt: string; scope: string }>((value) =>
      isRecord(value) && word(value["jkt"]) && bounded(value["scope"], 2_000)
        ? { jkt: value["jkt"], scope: value["scope"] }
        : undefined,
    ),
    result: schema<{ assertion: string }>((value) =>
      isRecord(value) && bounded(value["assertion"], 16_384) ? { assertion: value["assertion"] } : undefined,
    ),
    errors: ["SIGN_IN_REQUIRED", "ASSERTION_REFUSED", "SIGN_IN_CANCELLED"],
  }),
  /**
   * Asks for a token from a token exchange: `proof` is a DPoP proof of the frame's key for the token endpoint. `USE_DPOP_NONCE` carries
   * `{ nonce }`, to be put into another proof.
   */
  "panel.exchange": method({
    scope: null,
    params: schema<{ proof: string; scope: string }>((value) =>
      isRecord(value) && bounded(value["proof"], 8_192) && bounded(value["scope"], 2_000)
        ? { proof: value["proof"], scope: value["scope"] }
        : undefined,
    ),
    result: schema<ExchangedToken>((value) => {
      if (!isRecord(value) || !bounded(value["access_token"], 16_384) || !word(value["token_type"])) return undefined;
      const { access_token, token_type, expires_in, scope, nonce } = value;
      return {
        access_token,
        token_type,
        ...(typeof expires_in === "number" && expires_in > 0 ? { expires_in } : {}),
        ...(bounded(scope, 2_000) ? { scope } : {}),
        ...(word(nonce) ? { nonce } : {}),
      };
    }),
    errors: ["SIGN_IN_REQUIRED", "SIGN_IN_CANCELLED", "TOKEN_REFUSED", "USE_DPOP_NONCE"],
  }),
  /**
   * Asks the host to have its user prove anew who they are, as the partner's API demands (RFC 9470): `acr_values` by single blanks, `max_age`
   * in seconds. Resolves when that is done; `STEP_UP_REFUSED`: the host has no way to.
   */
  "panel.stepUp": method({
    scope: null,
    params: schema<StepUpDemand>((value) => {
      if (!isRecord(value)) return undefined;
      const { acr_values, max_age } = value;
      if (acr_values !== undefined && !bounded(acr_values, 2_000)) return undefined;
      if (max_age !== undefined && !(Number.isSafeInteger(max_age) && Number(max_age) >= 0)) return undefined;
      return {
        ...(acr_values === undefined ? {} : { acr_values }),
        ...(max_age === undefined ? {} : { max_age: Number(max_age) }),
      };
    }),
    result: empty,
    errors: ["SIGN_IN_REQUIRED", "SIGN_IN_CANCELLED", "STEP_UP_REFUSED"],
  }),
  /** Asks the user for more scopes, in the host's own dialog. */
  "panel.scopes.request": method({ scope: null, params: scopes, result: answer }),
  /** Gives scopes back. */
  "panel.scopes.revoke": method({ scope: null, params: scopes, result: answer }),
  /** Whether something would be lost if the panel were closed now. */
  "panel.dirty": notification({ scope: null, params: shape<{ dirty: boolean }>({ dirty: flag }) }),
  /** A person is doing something in the view: no more often than is worth telling, and never what. */
  "panel.activity": notification({ scope: null, params: empty }),
  /** The view's own route is another: path, query and fragment on its origin. */
  "panel.route": notification({ scope: null, params: shape<{ path: string }>({ path }) }),
  "panel.toast": notification({ scope: null, params: shape<PanelToast>({ message: line, kind }) }),
  "panel.key": notification({
    scope: null,
    params: shape<PanelKey>({ key: word, code: word, ctrlKey: flag, altKey: flag, shiftKey: flag, metaKey: flag }),
  }),
  /** Asks to be shown another way, and hears how it is shown then. */
  "panel.display": method({ scope: null, params: mode, result: mode }),
  /** Asks the host to open a link, which the frame cannot. */
  "panel.openLink": method({
    scope: null,
    params: shape<{ url: string }>({ url: path }),
    result: shape<{ opened: boolean }>({ opened: flag }),
    errors: ["LINK_REFUSED"],
  }),
  "panel.confirm": method({
    scope: null,
    params: shape<PanelQuestion>({ message: line, confirmLabel: label, cancelLabel: label }),
    result: shape<{ confirmed: boolean }>({ confirmed: flag }),
  }),
});

/** What every view provides to its host. */
export const viewPanel = panelContract({
  /** Consent for the scopes the view cannot do without is settled; the grant holds. */
  "panel.opened": notification({ scope: null, params: empty }),
  "panel.context": notification({
    scope: null,
    params: schema<{ context: unknown }>((value) => (isRecord(value) ? { context: value["context"] } : undefined)),
  }),
  "panel.theme": notification({ scope: null, params: schema<PanelTheme>(readTheme) }),
  /** The panel is out of sight: what nobody sees can pause. */
  "panel.suspend": notification({ scope: null, params: empty }),
  /** It is in sight again. */
  "panel.resume": notification({ scope: null, params: empty }),
  /** The user was signed out at the host: token and key are to be forgotten. The session ends right after it. */
  "panel.signedOut": notification({ scope: null, params: empty }),
  /** The host's route is another; `handled`: the view shows it, without another document. */
  "panel.navigate": method({
    scope: null,
    params: shape<{ path: string; replace: boolean }>({ path, replace: flag }),
    result: shape<{ handled: boolean }>({ handled: flag }),
  }),
  /** The panel is about to be closed; `reason` is the host's word for why. */
  "panel.beforeClose": method({
    scope: null,
    params: shape<{ reason: string }>({ reason: word }),
    result: shape<{ canClose: boolean }>({ canClose: flag }),
  }),
  /** The focus comes into the view at this edge. */
  "panel.focus": notification({ scope: null, params: shape<{ edge: "start" | "end" }>({ edge }) }),
  /** How the host shows the panel now. */
  "panel.displayed": notification({ scope: null, params: mode }),
});

function panelContract<const M extends Members>(members: M): Contract<M> {
  return makeContract(members);
}
