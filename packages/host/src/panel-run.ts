import { framePolicy, type GrantResult, type Manifest, type ResolvedView, viewOf } from "@partner-panel/manifest";
import { acceptSession, combineContracts, RpcError, type Session, systemClock } from "@partner-panel/postmessage-rpc";
import { viewPanel } from "@partner-panel/postmessage-rpc/panel";
import type { Decided } from "./audit.js";
import { DocumentWatch } from "./document-watch.js";
import { Failure, PanelError } from "./errors.js";
import { createFrame, frameSource } from "./frame.js";
import { forgetManifest, loadManifest } from "./manifest-loader.js";
import { auditRollback, consentOf, settleRequired } from "./panel-consent.js";
import { PanelGrants } from "./panel-grants.js";
import type { RunOwner, RunSettings } from "./run-types.js";
import { SessionProgress } from "./session-progress.js";
import { hostSignIn } from "./sign-in-words.js";
import { wordsForView } from "./view-words.js";
import { VisibleLimit } from "./visible-limit.js";
import { warn } from "./warn.js";

/**
 * One showing of one view: from the manifest to `ready`, through as many documents as the frame loads (each a handshake of its
 * own), until it fails or is ended. Whatever it started is gone when it is over.
 */
export class PanelRun {
  readonly #instanceId: string;
  readonly #owner: RunOwner;
  readonly #settings: RunSettings;
  readonly #abort = new AbortController();
  #frame: HTMLIFrameElement | null = null;
  #grants: PanelGrants | null = null;
  #session: Session<typeof viewPanel> | null = null;
  #progress: SessionProgress | null = null;
  #limit: VisibleLimit | null = null;
  #watch: DocumentWatch | null = null;
  /** Settles once a run: a document that replaces another is not asked about again. */
  #consented: Promise<void> | null = null;
  #isAsking = false;
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
    this.#limit?.stop();
    this.#closeSession(reason);
    this.#watch?.stop();
    removeFrame(this.#frame);
  }

  /** Ends the run because its user is gone: the view is told to forget its token, and what it shows of that user goes. */
  signOut(): void {
    this.#session?.remote.panel.signedOut({});
    this.end("The user was signed out", removeAfterPress);
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
        throw this.#error(end.code, end.reason || "The session ended", { phase });
      }
    }
  }

  /** Everything before there is a frame: manifest, what was consented to before, the grant. */
  async #prepare(): Promise<{ manifest: Manifest; view: ResolvedView }> {
    const { manifestUrl, timeout, view: name, user } = this.#settings;
    let isLoaded = false;
    this.#startLimit(timeout, () => {
      if (isLoaded)
        return this.#fail(new Failure("CONFIG_REFUSED", { message: `The consent store took over ${timeout} ms` }));
      // A retry of this panel must not wait for what this one waited for in vain.
      forgetManifest(manifestUrl);
      this.#fail(
        new Failure("MANIFEST_UNREACHABLE", { message: `The manifest took over ${timeout} ms: ${manifestUrl}` }),
      );
    });
    const manifest = await loadManifest(manifestUrl, { signal: this.#abort.signal });
    isLoaded = true;
    this.#abort.signal.throwIfAborted();
    const view = viewOf(manifest, name);
    if (view === undefined) throw new Failure("VIEW_UNKNOWN", { message: `${manifest.id} offers no view "${name}"` });
    auditRollback(manifest, user, this.#owner);
    const consent = consentOf({ manifest, view }, this.#settings, this.#owner, () => this.refresh());
    this.#abort.signal.addEventListener("abort", () => consent.end(), { once: true });
    await consent.load();
    this.#limit?.stop();
    if (!this.#abort.signal.aborted) {
      this.#owner.onManifest(manifest, view);
      const settings = this.#settings;
      this.#grants = new PanelGrants({
        manifest,
        view,
        consent,
        policy: settings.policy,
        get plan() {
          return settings.plan;
        },
        onChange: (grant) => this.#onGrant(manifest, grant),
      });
      const { notEntitled, notGranted } = this.#grants;
      if (notGranted.length > 0)
        throw new Failure("SURFACE_NOT_GRANTED", {
          message: `The host's policy leaves out ${notGranted.join(", ")}, which the view cannot do without`,
        });
      if (notEntitled.length > 0)
        throw new Failure("NOT_ENTITLED", { message: `The plan leaves out ${notEntitled.join(", ")}` });
      this.#owner.onGrant(this.#grants.current);
    }
    return { manifest, view };
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

  async #accept(frame: HTMLIFrameElement, manifest: Manifest): Promise<Session<typeof viewPanel>> {
    const { provide, use, timeout, signIn, partner } = this.#settings;
    const target = frame.contentWindow;
    if (target === null)
      throw new Failure("CONFIG_REFUSED", { message: "The element is not in a document that can hold a frame" });
    const permissions = this.#grants?.current.permissions ?? [];
    const words = wordsForView(
      {
        onReady: () => this.#progress?.onReady(),
        onSize: (height) => this.#owner.onSize(height),
        onFail: ({ code, message, expected }) =>
          this.#fail(
            new Failure("PARTNER_FAILED", { message: `The view failed: ${code}`, cause: { code, message, expected } }),
          ),
        onSignIn: (report) => this.#progress?.onSignIn(report),
        requestScopes: async (scopes, signal) => {
          this.#owner.onRequest();
          return (await this.#grants?.request(scopes, signal)) ?? { granted: [], refused: [] };
        },
        revokeScopes: async (scopes) => (await this.#grants?.revoke(scopes)) ?? { granted: [], refused: [] },
      },
      { partner, auth: manifest.auth, strategy: signIn, allowed: () => this.#grants?.policy.auth },
    );
    const context = this.#owner.context();
    const theme = this.#owner.theme();
    this.#told = { context, theme: JSON.stringify(theme) };
    try {
      return await acceptSession({
        target,
        origin: manifest.origin,
        provide: [words, ...provide],
        use: use === null ? viewPanel : combineContracts(viewPanel, use),
        grant: this.#grants?.current.granted ?? [],
        welcome: { ...theme, context, instanceId: this.#instanceId, signIn: hostSignIn(signIn, permissions) },
        timeout,
        signal: this.#abort.signal,
        onAudit: (event) => this.#onAudit(event),
      });
    } catch (cause) {
      if (!(cause instanceof RpcError) || cause.code !== "HANDSHAKE_TIMEOUT") throw cause;
      if (Reflect.get(Object(cause.data), "hello") === true) throw cause;
      // Refused, blocked and unreachable frames all fire `load`, so this is as much as can be known.
      if (!this.#watch?.hasLoaded)
        throw new Failure("LOAD_TIMEOUT", { message: `The view did not load within ${timeout} ms`, cause });
      throw new Failure("FRAMING_REFUSED", { message: `The view loaded and said nothing within ${timeout} ms`, cause });
    }
  }

  #serve(session: Session<typeof viewPanel>, manifest: Manifest, view: ResolvedView): void {
    this.#session = session;
    this.#watch?.onSession();
    this.#progress = new SessionProgress({
      needsToken: view.token,
      timeout: this.#settings.timeout,
      onState: (state, signIn) => this.#owner.onState(state, signIn),
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
  }

  /** Consent for what the view cannot do without is settled: its `connect()` may resolve. */
  #opened(session: Session<typeof viewPanel>): void {
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

  #startLimit(milliseconds: number, run: () => void): void {
    this.#limit?.stop();
    this.#limit = new VisibleLimit(milliseconds, run);
  }

  #fail(thrown: unknown, removeFrame?: typeof removeAfterPress): void {
    if (this.#abort.signal.aborted) return;
    const error = this.#errorOf(thrown);
    this.end("The panel failed", removeFrame);
    this.#owner.onError(error);
  }

  #errorOf(thrown: unknown): PanelError {
    if (thrown instanceof PanelError) return thrown;
    const isSilent = thrown instanceof Failure && thrown.code === "CONSENT_REFUSED" && this.#grants?.isSilent === true;
    if (thrown instanceof Failure) {
      const retryable = isSilent ? false : thrown.retryable;
      return this.#error(thrown.code, thrown.message, { cause: thrown.cause, retryable });
    }
    if (thrown instanceof RpcError)
      return this.#error(thrown.code as PanelError["code"], thrown.message, { cause: thrown });
    return this.#error("INTERNAL_ERROR", "The panel failed", { cause: thrown });
  }

  #error(
    code: PanelError["code"],
    message: string,
    options: { phase?: PanelError["phase"]; retryable?: boolean | undefined; cause?: unknown },
  ) {
    return new PanelError(code, message, { ...options, instanceId: this.#instanceId });
  }
}

/**
 * An answer to the dialog, or a log-out, ends the session at once, but its frame a moment later: WebKitGTK 2.50 hangs for good when a frame is removed together with
 * what else a mouse press changes on the page. By then the frame is covered, and has no session.
 */
function removeAfterPress(frame: HTMLIFrameElement | null): void {
  systemClock.after(100, () => frame?.remove());
}
