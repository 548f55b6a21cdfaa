import type { PanelError } from "../errors.js";
import { type PanelState, PartnerReadyEvent, PartnerStateChangeEvent } from "../events.js";
import type { PartnerPanel } from "../partner-panel.js";
import type { SignInWanted } from "./run-types.js";
import { waiting } from "./waiting.js";

/** The view is there, seen or not. */
function isOpen(state: PanelState): boolean {
  return state === "ready" || state === "suspended";
}

/** Whether the view is what is seen: what has to be pressed in it has to be. */
export function isViewShown(state: PanelState, signIn: SignInWanted): boolean {
  return isOpen(state) || (state === "signing-in" && signIn === "view");
}

/** How far one panel is, told in each of the ways there are: property, custom state, events, the promise of `ready`. */
export class PanelStatus {
  readonly #panel: PartnerPanel;
  readonly #states: CustomStateSet;
  #state: PanelState = "idle";
  #signIn: SignInWanted = null;
  #ready = waiting();

  constructor(panel: PartnerPanel, states: CustomStateSet) {
    this.#panel = panel;
    this.#states = states;
  }

  get state(): PanelState {
    return this.#state;
  }
  get signIn(): SignInWanted {
    return this.#signIn;
  }
  /** Of this showing; another one begins where the panel was ready, failed or closed before. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** @param failure why it will not be ready in this showing. */
  set(state: PanelState, signIn: SignInWanted, failure?: PanelError): void {
    const previous = this.#state;
    const wasOpen = isOpen(previous);
    const isOver = wasOpen || previous === "error" || previous === "closed";
    if (state !== previous && !isOpen(state) && isOver) this.#ready = waiting();
    // Before anybody is told, who may begin the next showing upon that.
    if (failure !== undefined) this.#ready.reject(failure);
    if (signIn !== this.#signIn) this.#panel.requestUpdate();
    this.#signIn = signIn;
    if (state === previous) return;
    this.#state = state;
    this.#states.delete(previous);
    this.#states.add(state);
    this.#panel.requestUpdate();
    this.#panel.dispatchEvent(new PartnerStateChangeEvent(state, previous));
    // A listener may have changed it; and a panel that is resumed was ready all the time.
    if (state !== "ready" || this.#state !== state || wasOpen) return;
    this.#ready.resolve();
    this.#panel.dispatchEvent(new PartnerReadyEvent(this.#panel.instanceId));
  }
}
