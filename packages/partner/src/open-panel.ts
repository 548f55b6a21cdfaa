import {
  type Contract,
  combineContracts,
  defineContract,
  implement,
  type Members,
  type Remote,
  type RequestedSession,
  RpcError,
  type SessionEnd,
  type SessionOptions,
  systemClock,
} from "@partner-panel/postmessage-rpc";
import {
  type DisplayMode,
  type HostSignIn,
  hostPanel,
  isDisplayMode,
  type PanelTheme,
  readShortcuts,
  readSignIn,
  readTheme,
  viewPanel,
} from "@partner-panel/postmessage-rpc/panel";
import type { PanelAccount } from "./account.js";
import type { PartnerAuth } from "./auth.js";
import { deferred } from "./deferred.js";
import { withinPolicy } from "./host-scopes.js";
import type { Panel, PanelScopes, SignInOffer } from "./panel.js";
import { PanelEvents } from "./panel-events.js";
import type { PersonListener } from "./person.js";
import type { OpenedWindow, Popup, WindowMessage } from "./sign-in-window.js";
import { ViewSignIn } from "./view-sign-in.js";
import { viewAnswers, viewUi } from "./view-ui.js";
import { Watched } from "./watched.js";

/** Milliseconds that a person may take: to think about the host's dialog, to sign in again. */
const personTimeout = 300_000;

export interface OpenOptions<M extends Members> extends Omit<SessionOptions, "use" | "grant"> {
  contract?: Contract<M> | undefined;
  auth?: PartnerAuth | false | undefined;
  signInPages?: SignInPaths | undefined;
  signal?: AbortSignal | undefined;
}

/** Where the pages and endpoints of sign-in mode `code` are, if not where `@partner-panel/server` puts them. */
export interface SignInPaths {
  /** The callback page, on the view's own origin: a `redirect_uri` of its client. `/panel/callback` if left out. */
  readonly callback?: string;
  /**
   * The relay page, on the view's own origin, such as `/panel/relay`: for a provider whose pages have a `Cross-Origin-Opener-Policy` that
   * cuts their window off from the view. It costs the user one more click. Not used if left out.
   */
  readonly relay?: string;
  /** The link endpoint, an absolute URL; `/panel/link` at the API's origin if left out. */
  readonly link?: string;
}

/** What the panel needs of the view's document, and does to it. */
export interface Page {
  readonly origin: string;
  readonly fetch: typeof fetch;
  /** From 0 up to 1, as Math.random. */
  random(): number;
  isHidden(): boolean;
  /** Opens a window with the callback page, on a click. */
  openWindow(callback: string): OpenedWindow;
  /** Tells a window something, if it shows a page of this origin. */
  tellWindow(popup: Popup, origin: string, message: object): void;
  /** Calls `listener` with what other windows say, until the returned function is called. */
  onMessage(listener: (message: WindowMessage) => void): () => void;
  /** Calls `listener` when the page can be seen again or is online again, until the returned function is called. */
  onAwake(listener: () => void): () => void;
  /** Puts the host's looks on the document. */
  applyTheme(theme: PanelTheme, last: PanelTheme | null): void;
  /** Path, query and fragment that it shows. */
  path(): string;
  /** Puts the focus on its first or last stop. */
  focusEdge(edge: "start" | "end"): void;
  /** Tells of shortcuts and activity, until the returned function is called. */
  watchPerson(listener: PersonListener): () => void;
  /** Reports the content's height whenever it changes, until the returned function is called. */
  watchHeight(report: (height: number) => void): () => void;
}

/** The host's side of the panel's own words. */
type Words = Remote<typeof hostPanel>["panel"];

/**
 * Opens a session and all that runs until its end: sign-in, looks, height. Resolves when the host has settled the consent that the
 * view cannot do without.
 *
 * @param request Does the handshake.
 */
export async function openPanel<M extends Members>(
  options: OpenOptions<M>,
  page: Page,
  request: (options: SessionOptions) => Promise<RequestedSession>,
): Promise<Panel<Contract<M>>> {
  const { contract = defineContract({}), provide = [], auth, signInPages = {}, signal, ...sessionOptions } = options;
  const ended = new AbortController();
  const contexts = new Watched<unknown>(undefined);
  const themes = new Watched<PanelTheme | null>(null);
  const accounts = new Watched<PanelAccount | null>(null);
  const offers = new Watched<SignInOffer | null>(null);
  const events = new PanelEvents();
  const displays = new Watched<DisplayMode>("inline");
  let isSuspended = false;
  const opened = deferred();
  const opening = deferred<{ words: Words; signIn: HostSignIn }>();

  const own = implement(viewPanel, {
    "panel.opened": () => opened.resolve(),
    "panel.context": ({ context }) => contexts.tell(context),
    "panel.theme": (theme) => {
      page.applyTheme(theme, themes.value);
      themes.tell(theme);
    },
    "panel.suspend": () => {
      isSuspended = true;
      void events.tell("suspend", {});
    },
    "panel.resume": () => {
      isSuspended = false;
      void events.tell("resume", {});
    },
    "panel.signedOut": () => signIn.signOut(),
    ...viewAnswers(events, displays, page.focusEdge),
  });
  // It needs nothing of the host until it asks for an assertion, so it gets ready while the two sides shake hands.
  const signIn = new ViewSignIn(auth, page.origin, {
    signal: ended.signal,
    clock: options.clock ?? systemClock,
    fetch: page.fetch,
    random: page.random,
    // A suspended panel renews its token when it is resumed: fifty of them out of sight need none.
    isHidden: () => isSuspended || page.isHidden(),
    onAwake: (listener) => {
      const stops = [page.onAwake(listener), events.on("resume", listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    onMessage: page.onMessage,
    tellWindow: page.tellWindow,
    pages: { ...signInPages, origin: page.origin },
    onOffer: (offer) => offer === offers.value || offers.tell(offer),
    onAccount: (account) => account === accounts.value || accounts.tell(account),
    host: async () => (await opening.promise).signIn,
    assertion: withinPolicy(async (params) => (await opening.promise).words.assertion(params)),
    exchange: withinPolicy(async (params) => (await opening.promise).words.exchange(params)),
    stepUp: async (demand) => (await opening.promise).words.stepUp(demand, { timeout: personTimeout }),
    report: (report) => void opening.promise.then(({ words }) => words.signIn(report)),
  });

  let session: RequestedSession;
  try {
    session = await request({
      ...sessionOptions,
      provide: [own, ...[provide].flat()],
      use: combineContracts(contract as Contract, hostPanel),
    });
  } catch (error) {
    ended.abort(error);
    throw error;
  }
  const { panel: words, ...remote } = session.remote as Remote<typeof hostPanel>;
  opening.resolve({ words, signIn: readSignIn(session.welcome["signIn"]) });

  // In the task of the welcome, so nothing newer can have been told yet.
  contexts.begin(session.welcome["context"]);
  const theme = readTheme(session.welcome) ?? null;
  if (theme) page.applyTheme(theme, null);
  themes.begin(theme);
  const display = session.welcome["display"];
  displays.begin(isDisplayMode(display) ? display : "inline");
  const stopPerson = page.watchPerson({
    shortcuts: readShortcuts(session.welcome["shortcuts"]),
    isEscapeWanted: () => displays.value !== "inline",
    onKey: (pressed) => words.key(pressed),
    onActivity: () => words.activity({}),
  });
  const stopHeight = page.watchHeight((height) => words.size({ height }));
  void session.closed.then((end) => {
    stopHeight();
    stopPerson();
    displays.end();
    contexts.end();
    themes.end();
    events.end();
    accounts.begin(null);
    accounts.end();
    offers.begin(null);
    offers.end();
    ended.abort(sessionError(end));
  });

  await untilOpened(opened.promise, session, signal);
  void signIn.start();

  let isReady = false;
  return Object.freeze<Panel<Contract<M>>>({
    host: Object.freeze(Object.assign(Object.create(null), remote)) as Remote<Contract<M>>,
    hostOrigin: session.hostOrigin,
    instanceId: String(session.welcome["instanceId"] ?? ""),
    get context() {
      return contexts.value;
    },
    onContext: (listener) => contexts.watch(listener),
    get grant() {
      return session.grant;
    },
    onGrant: (listener) => session.onGrant(listener),
    scopes: scopesOf(session, words),
    get theme() {
      return themes.value;
    },
    onTheme: (listener) => themes.watch((next) => next && listener(next)),
    on: (name, listener) => events.on(name, listener),
    ui: viewUi(words, displays),
    navigation: Object.freeze({ report: (path = page.path()) => words.route({ path }) }),
    fetch: (input, init) => signIn.fetch(input, init),
    token: () => signIn.token(),
    signIn: ({ signal } = {}) => signIn.signIn(page.openWindow, signal),
    get signInOffer() {
      return offers.value;
    },
    onSignInOffer: (listener) => offers.watch(listener),
    get account() {
      return accounts.value;
    },
    onAccount: (listener) => accounts.watch(listener),
    ready: () => {
      if (isReady) return;
      isReady = true;
      void signIn.done.then(() => words.ready({}));
    },
    fail: ({ code, message, expected = false }) =>
      words.fail({ code: code.slice(0, 256), message: message.slice(0, 2_000), expected }),
    signal: ended.signal,
    closed: session.closed,
  });
}

function scopesOf(session: RequestedSession, { scopes: words }: Words): PanelScopes {
  return Object.freeze<PanelScopes>({
    query: () => session.grant.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > Date.now()),
    request: (scopes, { signal } = {}) => words.request({ scopes: [...scopes] }, { signal, timeout: personTimeout }),
    revoke: (scopes) => words.revoke({ scopes: [...scopes] }),
  });
}

/** There is no time limit: a person may be reading the host's consent dialog. The end of the session, or of the page, ends it. */
async function untilOpened(opened: Promise<void>, session: RequestedSession, signal?: AbortSignal): Promise<void> {
  const giveUp = (): void => session.close("cancelled");
  signal?.addEventListener("abort", giveUp, { once: true });
  if (signal?.aborted) giveUp();
  const end = await Promise.race([opened, session.closed]);
  signal?.removeEventListener("abort", giveUp);
  if (!end) return;
  throw signal?.aborted
    ? new RpcError("CANCELLED", { message: "Connecting was cancelled", cause: signal.reason as unknown })
    : sessionError(end);
}

function sessionError({ code, by, reason }: SessionEnd): RpcError {
  const message = reason === "" ? "The session has ended" : `The session has ended: ${reason}`;
  return new RpcError(code === "CLOSED" ? "SESSION_CLOSED" : code, { message, remote: by === "peer" });
}
