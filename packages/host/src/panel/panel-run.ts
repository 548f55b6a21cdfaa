import { framePolicy, type GrantResult, type Manifest, type ResolvedView } from "@partner-panel/manifest";
import { type Implementation, systemClock } from "@partner-panel/postmessage-rpc";
import type { Decided } from "../audit.js";
import { settleRequired } from "../consent/panel-consent.js";
import type { PanelGrants } from "../consent/panel-grants.js";
import { Failure } from "../errors.js";
import { panelErrorOf } from "../known-errors.js";
import { hostSignIn, type PanelSignIn, StepUps } from "../sign-in/sign-in-words.js";
import { warn } from "../warn.js";
import { acceptView, type ViewSession } from "./accept-view.js";
import { DocumentWatch } from "./document-watch.js";
import { createFrame, frameSource } from "./frame.js";
import { type Prepared, prepareRun } from "./prepare-run.js";
import type { RunOwner, RunSettings } from "./run-types.js";
import { SessionProgress } from "./session-progress.js";
import { turn } from "./turn.js";
import { type ViewListener, wordsForView } from "./view-words.js";

/**
 * One showing of one view: from the manifest to `ready`, through as many documents as the frame loads (each a handshake of its
 * own), until it fails or is ended. Whatever it started is gone when it is over.
 */
export class PanelRun {
  readonly #instanceId: string;
  readonly #owner: RunOwner;
  readonly #settings: RunSettings;
  readonly #abort = new AbortController();
  readonly #stepUps = new StepUps();
  #frame: HTMLIFrameElement | null = null;
  #grants: PanelGrants | null = null;
  #session: ViewSession | null = null;
  #progress: SessionProgress | null = null;
  #watch: DocumentWatch | null = null;
  /** Settles once a run: a document that replaces another is not asked about again. */
  #consented: Promise<void> | null = null;
  #isAsking = false;
  #isAway = false;
  #permissions = "";
  #told: { context: unknown; theme: string } = { context: undefined, theme: "" };

  constructor(instanceId: string, owner: RunOwner, settings: RunSettings) {
    this.#instanceId = instanceId;
    this.#owner = owner;
    this.#settings = settings;
  }

  get settings(): RunSettings {
    return this.#settings;
  }
  get grants(): PanelGrants | null {
    return this.#grants;
  }
  get hasSession(): boolean {
    return this.#session !== null;
  }
  get frame(): HTMLIFrameElement | null {
    return this.#frame;
  }

  start(): void {
    this.#open().catch((error: unknown) => this.#fail(error));
  }

  /** Ends the run and takes away everything it made. May be called again. */
  end(reason: string, removeFrame = (frame: HTMLIFrameElement | null) => frame?.remove()): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#closeSession(reason);
    this.#watch?.stop();
    removeFrame(this.#frame);
  }

  /** Ends the run because its user is gone: the view is told to forget its token, and what it shows of that user goes. */
  signOut(): void {
    this.#session?.remote.panel.signedOut({});
    this.end("The user was signed out", removeAfterPress);
  }

  /** Whether the panel is to be suspended while it is ready. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    this.#progress?.onAway(isAway);
  }

  /** Asks the host's policy again, and tells the view what of context and looks it was not told yet: the grant holds first. */
  refresh(): void {
    try {
      this.#grants?.refresh();
      this.tell();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Tells the view what of context and looks it was not told yet. */
  tell(): void {
    if (this.#session === null) return;
    const context = this.#owner.context();
    const theme = this.#owner.theme();
    const { remote } = this.#session;
    if (context !== this.#told.context) remote.panel.context({ context });
    if (JSON.stringify(theme) !== this.#told.theme) remote.panel.theme(theme);
    this.#told = { context, theme: JSON.stringify(theme) };
    // Else the browser paints an opaque background between two colour schemes.
    if (this.#frame !== null) this.#frame.style.colorScheme = theme.colorScheme;
  }

  async #open(): Promise<void> {
    const { signal } = this.#abort;
    this.#owner.onState("loading");
    const { manifest, view } = await this.#prepare();
    await turn();
    if (signal.aborted) return;
    const frame = this.#insertFrame(manifest);
    for (;;) {
      this.#owner.onState("connecting");
      const session = await this.#accept(frame, manifest);
      if (signal.aborted) return session.close("The panel was closed");
      this.#serve(session, manifest, view);
      const end = await session.closed;
      if (signal.aborted) return;
      this.#closeSession(end.reason);
      if (end.code !== "CLOSED") {
        const phase = end.code === "ORIGIN_MISMATCH" ? "handshake" : "session";
        throw new Failure(end.code, { message: end.reason || "The session ended", phase });
      }
    }
  }

  async #prepare(): Promise<Prepared> {
    const prepared = await prepareRun(this.#settings, this.#owner, {
      signal: this.#abort.signal,
      refresh: () => this.refresh(),
      onGrant: (manifest, grant) => this.#onGrant(manifest, grant),
      fail: (failure) => this.#fail(failure),
    });
    this.#grants = prepared.grants;
    this.#owner.onGrant(prepared.grants.current);
    return prepared;
  }

  #insertFrame(manifest: Manifest): HTMLIFrameElement {
    const grant = this.#grants?.current ?? { permissions: [] };
    this.#permissions = `${grant.permissions}`;
    const policy = this.#framePolicy(manifest, grant);
    if (!policy.ok) throw new Failure(policy.code, { message: policy.message });
    for (const { message } of policy.warnings ?? []) warn(message);
    const frame = createFrame(policy, frameSource(policy.src, this.#settings.path), this.#owner.label);
    this.#watch = new DocumentWatch(frame, () => this.#session?.close("The frame's document went away"));
    this.#frame = frame;
    this.#owner.onFrame(frame);
    this.#owner.stage.replaceChildren(frame);
    return frame;
  }

  #framePolicy(manifest: Manifest, grant: Pick<GrantResult, "permissions">) {
    return framePolicy(manifest, grant, { hostOrigin: location.origin, view: this.#settings.view });
  }

  #accept(frame: HTMLIFrameElement, manifest: Manifest): Promise<ViewSession> {
    const { permissions = [], granted: grant = [] } = this.#grants?.current ?? {};
    const context = this.#owner.context();
    const theme = this.#owner.theme();
    this.#told = { context, theme: JSON.stringify(theme) };
    return acceptView(this.#settings, {
      frame,
      manifest,
      words: this.#words(manifest),
      welcome: {
        ...theme,
        context,
        instanceId: this.#instanceId,
        signIn: hostSignIn(this.#signIn(manifest), permissions),
        ...this.#owner.actions.welcome(),
      },
      grant,
      signal: this.#abort.signal,
      onAudit: (event) => this.#onAudit(event),
      hasLoaded: () => this.#watch?.hasLoaded === true,
    });
  }

  #signIn({ auth }: Manifest): PanelSignIn {
    const { partner, signIn } = this.#settings;
    return { partner, auth, strategy: signIn, allowed: () => this.#grants?.policy.auth };
  }

  /** What the view says to the panel, and who hears it. */
  #words(manifest: Manifest): Implementation {
    const onFail: ViewListener["onFail"] = (cause) =>
      this.#fail(new Failure("PARTNER_FAILED", { message: `The view failed: ${cause.code}`, cause }));
    return wordsForView(
      {
        onReady: () => this.#progress?.onReady(),
        onSize: (height) => this.#owner.onSize(height),
        onFail,
        onSignIn: (report) => this.#progress?.onSignIn(report),
        requestScopes: async (scopes, signal) => {
          this.#owner.onRequest();
          return (await this.#grants?.request(scopes, signal)) ?? { granted: [], refused: [] };
        },
        actions: this.#owner.actions,
        revokeScopes: async (scopes) => (await this.#grants?.revoke(scopes)) ?? { granted: [], refused: [] },
      },
      this.#signIn(manifest),
      this.#stepUps,
    );
  }

  #serve(session: ViewSession, manifest: Manifest, view: ResolvedView): void {
    this.#session = session;
    this.#watch?.onSession();
    this.#progress = new SessionProgress({
      needsToken: view.token,
      timeout: this.#settings.timeout,
      ping: () => session.ping({ timeout: Number.POSITIVE_INFINITY }),
      onState: (state, signIn) => this.#owner.onState(state, signIn),
      onSuspend: (isSuspended) => session.remote.panel[isSuspended ? "suspend" : "resume"]({}),
      onFailure: (failure) => this.#fail(failure),
    });
    // The welcome told what held when the frame was inserted; it may have changed since.
    const grants = this.#grants;
    if (grants !== null) session.updateGrant(grants.current.granted);
    this.tell();
    this.#consented ??= grants === null ? Promise.resolve() : this.#settle(manifest, view, grants);
    this.#consented.then(
      () => this.#opened(session),
      // The user may have pressed a button of the dialog just now.
      (error: unknown) => this.#fail(error, removeAfterPress),
    );
    this.#progress.onAsking(this.#isAsking);
    this.#progress.onAway(this.#isAway);
  }

  /** Consent for what the view cannot do without is settled: its `connect()` may resolve. */
  #opened(session: ViewSession): void {
    if (this.#session !== session) return;
    session.remote.panel.opened({});
    this.#owner.onSession(session.remote);
    this.#progress?.onOpened();
  }

  #settle(manifest: Manifest, view: ResolvedView, grants: PanelGrants): Promise<void> {
    return settleRequired({ manifest, view }, grants, {
      user: this.#settings.user,
      signal: this.#abort.signal,
      onAsking: (isAsking) => {
        this.#isAsking = isAsking;
        this.#progress?.onAsking(isAsking);
      },
      onAudit: (event) => this.#owner.onAudit(event),
    });
  }

  #onAudit(event: Decided): void {
    if (event.direction === "in" && event.scope !== null && event.decision !== "denied")
      this.#grants?.used(event.scope);
    this.#owner.onAudit(event);
  }

  #onGrant(manifest: Manifest, grant: GrantResult): void {
    // The host may have left out panels of this partner meanwhile.
    const policy = this.#framePolicy(manifest, grant);
    if (!policy.ok) return this.#fail(new Failure(policy.code, { message: policy.message }));
    this.#session?.updateGrant(grant.granted);
    this.#owner.onGrant(grant);
    if (this.#frame !== null && `${grant.permissions}` !== this.#permissions) this.#owner.onFrameOutdated();
  }

  #closeSession(reason: string): void {
    const session = this.#session;
    this.#session = null;
    this.#watch?.onSessionEnd();
    this.#progress?.end();
    this.#progress = null;
    if (session === null) return;
    session.close(reason);
    this.#owner.onSession(null);
  }

  #fail(thrown: unknown, removeFrame?: typeof removeAfterPress): void {
    if (this.#abort.signal.aborted) return;
    const isFinal = this.#grants?.isSilent === true;
    const error = panelErrorOf(thrown, { instanceId: this.#instanceId, isFinal });
    this.end("The panel failed", removeFrame);
    this.#owner.onError(error);
  }
}

/**
 * An answer to the dialog, or a log-out, ends the session at once, but its frame a moment later: WebKitGTK 2.50 hangs for good when a frame is removed together with
 * what else a mouse press changes on the page. By then the frame is covered, and has no session.
 */
function removeAfterPress(frame: HTMLIFrameElement | null): void {
  systemClock.after(100, () => frame?.remove());
}
