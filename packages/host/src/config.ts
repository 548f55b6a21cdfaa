import type { Policy } from "@partner-panel/manifest";
import type { Implementation } from "@partner-panel/postmessage-rpc";
import { type ExchangedToken, parseShortcut } from "@partner-panel/postmessage-rpc/panel";
import type { ConsentStore } from "./consent/consent-store.js";
import type { GrantsStrings } from "./grants/grants-strings.js";
import type { PartnerPanel } from "./partner-panel.js";
import { tellSignOut } from "./sign-in/sign-out.js";
import type { PanelStrings } from "./strings.js";

/** What the host gives one panel. Whatever it does not name, it does not give. */
export interface PanelPolicy extends Policy {
  /** Scopes of the partner's own API that an assertion may be asked for; all of the manifest's `auth.scopes` if left out. */
  readonly auth?: readonly string[] | undefined;
}

/**
 * Decides for one panel, and again at each `refreshPolicy()` and change of context. A limit must come from what the host itself
 * knows (its route, its store), never from the tag's attributes: whoever can paste markup could write those.
 */
export type PolicySource = PanelPolicy | ((panel: PartnerPanel) => PanelPolicy);

/** What a sign-in strategy is asked for: a signed statement of who the user is, bound to the frame's key. */
export interface AssertionRequest {
  /**
   * The partner by the name that this page gives it in `partners`. Not the manifest's `id`: that is the partner's to write, and
   * a partner that wrote another's would be given assertions for that other one.
   */
  readonly partner: string;
  /** RFC 7638 thumbprint of the frame's key, base64url. */
  readonly jkt: string;
  /** Scopes of the partner's API, by single blanks; within the manifest's `auth.scopes` and the policy's `auth`. */
  readonly scope: string;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * Mode `assertion`: gets an assertion from the host's back end. Rejecting with an error whose `code` is `SIGN_IN_REQUIRED`, `SIGN_IN_CANCELLED`
 * or `ASSERTION_REFUSED` tells the view which; anything else is `ASSERTION_REFUSED`.
 */
export interface AssertionStrategy {
  (request: AssertionRequest): Promise<string>;
  readonly stepUp?: StepUp | undefined;
}

/** How the partner's API wants the host's user to have proved who they are (RFC 9470). */
export interface StepUpRequest {
  /** The partner by the name that this page gives it in `partners`. */
  readonly partner: string;
  /** Authentication context classes, any of which will do, the best first; empty if it does not matter. */
  readonly acrValues: readonly string[];
  /** Seconds since the user last did it; undefined if that does not matter. */
  readonly maxAge: number | undefined;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * Has the host's user sign in anew, by whatever the host has for that: `acr_values` and `max_age` are parameters of an authorization request.
 * Resolves when it is done and the host's session knows of it; the strategy is then asked for its next assertion or token. It may take
 * 5 minutes. Rejecting with an error whose `code` is `SIGN_IN_CANCELLED` or `SIGN_IN_REQUIRED` tells the view which; anything else is
 * `STEP_UP_REFUSED`. No panel asks again while it is asked.
 */
export type StepUp = (request: StepUpRequest) => Promise<void>;

/** What a strategy of mode `exchange` is asked for: a token bound to the key that signed `proof`. */
export interface ExchangeRequest extends Omit<AssertionRequest, "jkt"> {
  /** The frame's DPoP proof for the token endpoint. */
  readonly proof: string;
}

/**
 * Mode `exchange` (RFC 8693): gets a token for the frame's key from the provider that both sides trust. Rejecting with an error whose `code`
 * is `SIGN_IN_REQUIRED`, `SIGN_IN_CANCELLED` or `USE_DPOP_NONCE` (with the nonce as `nonce`) tells the view which; anything else is
 * `TOKEN_REFUSED`. A token whose `token_type` is not `DPoP` goes no further.
 */
export interface ExchangeStrategy {
  readonly mode: "exchange";
  exchange(request: ExchangeRequest): Promise<ExchangedToken>;
  readonly stepUp?: StepUp | undefined;
}

/** Mode `code`: the user signs in at the partner, in a window that the view opens on a click. The host has no part in it. */
export interface CodeStrategy {
  readonly mode: "code";
  readonly stepUp?: undefined;
}

/** How a view gets to know who the user is: `assertionFrom`, `exchangeAt`, `codeInFrame`, or one of your own. */
export type SignInStrategy = AssertionStrategy | ExchangeStrategy | CodeStrategy;

/** What a page is asked for where its policy, or the customer's plan, leaves out what a view cannot do without. */
export interface UpgradeRequest {
  /** By the names that this page gives them. */
  readonly partner: string;
  readonly view: string;
  /** `NOT_ENTITLED`: the plan leaves it out. `SURFACE_NOT_GRANTED`: the policy does. */
  readonly code: "NOT_ENTITLED" | "SURFACE_NOT_GRANTED";
  /** The scopes that are left out; empty where panels of this partner are, whatever their scopes. */
  readonly scopes: readonly string[];
  readonly panel: PartnerPanel;
}

/** The page's way to get more, shown as a link or a button beside the partner's own page. */
export interface UpgradeAction {
  /** What stands on it, in the user's language. */
  readonly label: string;
  /** Where it leads, in this tab. */
  readonly href?: string | undefined;
  /** What it does, if it leads nowhere. Once the plan is another, `panel.refreshPolicy()` shows the view. */
  readonly run?: (() => void) | undefined;
}

/** What a page trusts its panels with. */
export interface PartnersConfig {
  /** The URL of each partner's manifest, by the name that the tags use. */
  readonly partners: Readonly<Record<string, string>>;
  /** By partner; a partner without one is granted no scope and no permission. */
  readonly policy?: Readonly<Record<string, PolicySource>> | undefined;
  /** What views may call, as far as each one's grant allows. Made by `implement`. */
  readonly provide?: Implementation | readonly Implementation[] | undefined;
  /** By partner: how its view gets to know who the user is. */
  readonly signIn?: Readonly<Record<string, SignInStrategy>> | undefined;
  /** Who is signed in at the host, or null. Consent is remembered for this user, and with null for nobody. */
  readonly user?: (() => string | null) | undefined;
  /** The scopes that the customer's plan allows; all if left out. */
  readonly plan?: (() => readonly string[]) | undefined;
  /**
   * What to offer in place of a view that plan or policy leave out, such as "See plans"; null for nothing. It stands beside the reason and the
   * link to the partner's own page.
   */
  readonly upgrade?: ((request: UpgradeRequest) => UpgradeAction | null) | undefined;
  /** CSS custom properties that views are told, `--name` to value. */
  readonly designTokens?: Readonly<Record<string, string>> | undefined;
  /**
   * Keys that this page wants to hear of while the focus is in a view, such as `Control+K`, `Meta+Shift+P`, `F6`, `?`: modifiers (`Control`, `Alt`,
   * `Shift`, `Meta`) and a key as `KeyboardEvent.key` has it. Each is dispatched at its panel as a `keydown` of its own, unless the view makes use of it. What
   * types something into a field there stays there. Held by views from their next handshake on.
   */
  readonly shortcuts?: readonly string[] | undefined;
  /** Where consent is remembered; this browser's localStorage if left out. */
  readonly consent?: ConsentStore | undefined;
  /** Texts in place of the English ones. */
  readonly strings?: Partial<PanelStrings & GrantsStrings> | undefined;
}

let current: PartnersConfig | null = null;
const watchers = new Set<() => void>();

/**
 * Names the partners that this page trusts, and what each gets. May be called again: what it names then holds as a whole, and
 * panels on the page follow. They get a new frame where the partner's manifest URL, `provide`, `signIn`, `consent` or the user is
 * another, so keep what did not change the same objects; otherwise a new grant, which holds when this returns.
 *
 * @throws TypeError for a manifest URL or a shortcut that is none.
 */
export function configurePartners(config: PartnersConfig): void {
  const base = typeof location === "undefined" ? undefined : location.href;
  for (const [name, url] of Object.entries(config.partners)) {
    if (!URL.canParse(url, base)) throw new TypeError(`partners.${name} is not a URL: ${url}`);
  }
  for (const shortcut of config.shortcuts ?? [])
    if (parseShortcut(shortcut) === null) throw new TypeError(`Not a shortcut: ${shortcut}`);
  current = Object.freeze({ ...config });
  for (const watcher of [...watchers]) watcher();
}

/**
 * Ends every panel of the user who is signed in, here and in the other tabs of this origin: views forget their tokens, frames go, and
 * panels say that somebody must sign in. Call it when the host's own session ends, before `user()` tells of somebody else. What ends the
 * user's tokens at the partner's API is the back-channel log-out of the back ends.
 *
 * Panels begin anew where `configurePartners` or `refreshPolicy()` is called once `user()` tells of somebody.
 */
export function signOut(): void {
  tellSignOut(current?.user?.() ?? null);
}

/** What was configured last; null before that. */
export function partnersConfig(): PartnersConfig | null {
  return current;
}

/** Calls `run` after each `configurePartners`; the returned function takes it back. */
export function onPartnersConfig(run: () => void): () => void {
  watchers.add(run);
  return () => watchers.delete(run);
}

/** An own member, so that a partner called `constructor` is as unknown as any other. */
export function ownMember<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Where the manifest of the partner called `name` is, or undefined for one that the page did not name. */
export function manifestUrlOf(config: PartnersConfig, name: string): string | undefined {
  const url = ownMember(config.partners, name);
  return url === undefined ? undefined : new URL(url, document.baseURI).href;
}
