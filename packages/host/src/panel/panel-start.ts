import type { Contract } from "@partner-panel/postmessage-rpc";
import type { ReactiveController } from "lit";
import { type Decided, decided, keepAudit } from "../audit.js";
import { manifestUrlOf, onPartnersConfig, partnersConfig } from "../config.js";
import { PanelError } from "../errors.js";
import { PartnerAuditEvent, PartnerErrorEvent, PartnerResizeEvent } from "../events.js";
import { loadAhead } from "../manifests/manifest-loader.js";
import { stringsOf } from "../own-words.js";
import type { PartnerPanel } from "../partner-panel.js";
import { watchSignOut } from "../sign-in/sign-out.js";
import { nothingDone } from "./acting.js";
import { auditedTree } from "./audited-tree.js";
import { freshId } from "./fresh-id.js";
import type { PanelController } from "./panel-controller.js";
import { PanelHeight } from "./panel-height.js";
import { PanelStatus } from "./panel-state.js";
import type { PanelLook } from "./panel-template.js";
import { RemoteTree } from "./remote-tree.js";
import { timeoutOf, VisibleLimit } from "./visible-limit.js";
import { whenNear } from "./when-near.js";
import { onNetwork } from "./when-to-begin.js";

/** What runs a panel, once it is there for all of them. */
let Controller: typeof PanelController | null = null;

/** Panels that begin once it has come have it in the same task, and so show at once what is known of their place. */
export async function loadController(): Promise<typeof PanelController> {
  Controller = (await import("./panel-controller.js")).PanelController;
  return Controller;
}

/**
 * What of a `<partner-panel>` is there from the first paint on: its state, its place on the page, and `remote`, whose calls wait. What
 * runs the panel is loaded when the first one is to begin, so that a page which shows none yet does not pay for it; the manifest is fetched
 * meanwhile.
 */
export class PanelStart implements ReactiveController {
  readonly status: PanelStatus;
  readonly height: PanelHeight;
  tree: RemoteTree<Contract> = new RemoteTree<Contract>(null);
  /** Null until its code is there. */
  controller: PanelController | null = null;
  /** Of the showing that has begun; its controller goes on with it. */
  instanceId = "";
  readonly #panel: PartnerPanel;
  #error: PanelError | null = null;
  #loading: Promise<PanelController> | null = null;
  #isNear = false;
  /** What had the focus before an update; where that takes it away, the focus stays in the panel. */
  #focused: Element | null = null;
  /** What the page said before there was a controller. */
  #isSuspended: boolean | null = null;
  /** Lets go of the manifest that is on its way. */
  #letGo: () => void = () => {};
  #stops: (() => void)[] = [];

  constructor(panel: PartnerPanel, states: CustomStateSet) {
    this.#panel = panel;
    this.status = new PanelStatus(panel, states);
    this.height = new PanelHeight({
      given: () => panel,
      named: () => panel,
      onResize: (height) => panel.dispatchEvent(new PartnerResizeEvent(height)),
    });
    panel.addController(this);
  }

  get error(): PanelError | null {
    return this.controller === null ? this.#error : this.controller.error;
  }

  get look(): PanelLook {
    if (this.controller !== null) return this.controller.look;
    const { label, partner } = this.#panel;
    return {
      state: this.status.state,
      error: this.#error,
      strings: stringsOf(this.#panel),
      signIn: this.status.signIn,
      words: { panel: label || partner, partner },
      acting: nothingDone,
      badge: null,
      fallback: null,
      onRetry: () => this.begin(),
      onCancelSignIn: () =>
        void this.code().then(
          (controller) => controller.look.onCancelSignIn(),
          () => {},
        ),
      onBadge: () => {},
    };
  }

  hostConnected(): void {
    // Begins in the update, when the attributes that a framework sets one by one are all there.
    this.#panel.requestUpdate();
  }

  hostDisconnected(): void {
    this.#stop();
    this.#isNear = false;
    this.#isSuspended = null;
    if (this.controller !== null) return;
    const message = "The panel was taken out of the page";
    this.tree.refuse(message);
    this.status.set("closed", null, new PanelError("SESSION_CLOSED", message, { instanceId: this.instanceId }));
  }

  hostUpdate(): void {
    this.#focused = this.#panel.renderRoot.querySelector(".cover :focus");
  }

  hostUpdated(): void {
    const box = this.#panel.renderRoot.querySelector<HTMLElement>(".panel");
    this.height.onRender(box);
    if (this.#focused?.isConnected === false) box?.focus({ preventScroll: true });
    box?.querySelector<HTMLElement>(":focus > .cover button")?.focus();
  }

  /** After each update of the element, with what of it changed. */
  update(changed: ReadonlyMap<PropertyKey, unknown>): void {
    if (!this.#panel.isConnected) return;
    // What waits was meant for the one that it was.
    if (["partner", "view"].some((name) => changed.get(name) !== undefined)) this.tree.refuse("The panel begins anew");
    if (changed.has("use")) {
      this.tree.refuse("The panel's contract was changed");
      this.tree = auditedTree(this.#panel.use, (event) => this.onAudit(event));
    }
    if (this.controller !== null) {
      this.controller.update(changed);
      // By now the controller has taken it, or needs another.
      return this.#letGo();
    }
    const { state } = this.status;
    const hasBegun = state === "loading" || state === "error" || this.#stops.length > 0;
    const isAnother = ["partner", "view", "loading"].some((name) => changed.has(name));
    if (!hasBegun || isAnother || (state === "idle" && changed.has("display"))) this.begin();
  }

  /** Also what a retry does where the code did not come. */
  begin(): void {
    if (!this.#panel.isConnected) return;
    this.#stop();
    this.instanceId = freshId();
    this.#error = null;
    this.height.begin();
    // What is shown above the page is never far away.
    this.#isNear ||= this.#panel.display !== "inline";
    if (this.#panel.loading === "lazy" && !this.#isNear) {
      this.status.set("idle", null);
      const onNear = () => {
        this.#isNear = true;
        this.begin();
      };
      this.#stops = [whenNear(this.#panel, onNear)];
      return;
    }
    this.status.set("loading", null);
    if (Controller !== null) return this.#create(Controller).update(new Map());
    this.#stops = [watchSignOut({ onSignOut: (user) => this.#onSignOut(user), onRestore: () => {} })];
    this.#fetchManifest();
    this.code().catch(() => {});
  }

  /** What runs the panel, loaded where it is not there yet. Rejects with a PanelError where it does not come; the panel tells that as well. */
  code(): Promise<PanelController> {
    this.#loading ??= this.#load().catch((cause: unknown) => {
      this.#loading = null;
      const error = new PanelError("LOAD_TIMEOUT", "The panel's own code did not come", {
        instanceId: this.instanceId,
        phase: "load",
        hint: "See this page's network log for its scripts: one of @partner-panel/host failed, or took longer than the time limit.",
        cause,
      });
      // Nothing is missed where nothing is to begin.
      if (this.#panel.isConnected && this.status.signIn === null) this.#fail(error);
      throw error;
    });
    return this.#loading;
  }

  setSuspended(isSuspended: boolean): void {
    if (this.controller !== null) this.controller.setSuspended(isSuspended);
    else this.#isSuspended = isSuspended;
  }

  /** Before there is a controller there is no grant; but there may be another user. */
  refresh(): void {
    if (this.controller !== null) this.controller.refresh();
    else if (this.status.signIn === "signed-out" && currentUser() !== null) this.begin();
  }

  /** The user is gone: nothing of theirs begins when the code comes. */
  signOut(): void {
    if (this.controller !== null) return this.controller.signOut();
    if (this.status.state !== "loading") return;
    this.#stop();
    this.#stops = [onPartnersConfig(() => this.refresh())];
    this.tree.refuse("The user was signed out");
    this.status.set("signing-in", "signed-out");
  }

  onAudit(event: Decided): void {
    const { partner, instanceId } = this.#panel;
    this.#panel.dispatchEvent(new PartnerAuditEvent(keepAudit(event, partner, instanceId)));
  }

  async #load(): Promise<PanelController> {
    const Controller = await withinLimit(loadController(), timeoutOf(this.#panel));
    return this.controller ?? this.#create(Controller);
  }

  #create(Controller: typeof PanelController): PanelController {
    const stops = this.#stops.splice(0);
    const controller = new Controller(this.#panel, this, this.#isNear);
    this.controller = controller;
    // The controller listens by now: a sign-out that is on its way from another tab is not missed in between.
    for (const stop of stops) stop();
    if (this.#isSuspended !== null) controller.setSuspended(this.#isSuspended);
    return controller;
  }

  /** What it says, and whether it came, is for the controller. */
  #fetchManifest(): void {
    const config = partnersConfig();
    const url = config === null ? undefined : manifestUrlOf(config, this.#panel.partner);
    if (url !== undefined) this.#letGo = loadAhead(url);
  }

  #onSignOut(user: string | null): void {
    const own = currentUser();
    if (user === null || own === null || own === user) this.signOut();
  }

  #stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#letGo();
  }

  #fail(error: PanelError): void {
    this.#stop();
    this.#stops = [onNetwork((isOnline) => (isOnline ? this.begin() : this.#panel.requestUpdate()))];
    this.#error = error;
    this.tree.refuse(error.message);
    this.status.set("error", null, error);
    this.onAudit(decided("failed", error.code));
    this.#panel.dispatchEvent(new PartnerErrorEvent(error));
  }
}

function currentUser(): string | null {
  return partnersConfig()?.user?.() ?? null;
}

/** Rejects with undefined where it takes too long: the element never waits for ever. */
function withinLimit<T>(code: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = new VisibleLimit(milliseconds, () => reject());
    code.then(resolve, reject).finally(() => limit.stop());
  });
}
