import { type Panel, RpcError } from "@partner-panel/partner";
import { html, nothing, type TemplateResult } from "lit";
import type { desk } from "../../../desk-contract.js";
import { LightElement } from "../../shared/light-element.js";
import { hostName } from "./words.js";

type Offer = Panel["signInOffer"];

/** Who is signed in at Trackwell; and where somebody must press something first, why, and the button for it. */
class SignInOffer extends LightElement {
  static override properties = {
    panel: { attribute: false },
    account: { state: true },
    offer: { state: true },
    isOpen: { state: true },
  };
  declare panel: Panel<typeof desk> | null;
  declare account: Panel["account"];
  declare offer: Offer;
  /** Whether the window is open. */
  declare isOpen: boolean;
  #stops: (() => void)[] = [];

  constructor() {
    super();
    this.panel = null;
    this.account = null;
    this.offer = null;
    this.isOpen = false;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("panel") || !this.panel) return;
    const { panel } = this;
    for (const stop of this.#stops.splice(0)) stop();
    this.account = panel.account;
    this.offer = panel.signInOffer;
    this.#stops = [
      panel.onAccount((account) => (this.account = account)),
      panel.onSignInOffer((offer) => (this.offer = offer)),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stops.splice(0)) stop();
  }

  override render(): TemplateResult {
    return html`${this.offer ? this.#offered(this.offer) : nothing} ${this.#who()}`;
  }

  #who(): TemplateResult | typeof nothing {
    const { account } = this;
    if (!account) return nothing;
    const { sub, name = account.preferred_username } = account;
    return html`<p id="account" class="account quiet">
      Signed in to Trackwell as <b><bdi>${name ?? sub}</bdi></b>${name === undefined ? nothing : html` <span class="number">${sub}</span>`}
    </p>`;
  }

  #offered({ code }: NonNullable<Offer>): TemplateResult {
    return html`<section class="offer">
      <h2>${titles[code] ?? "Sign in to Trackwell"}</h2>
      <p id="offer-why" role="status">${this.isOpen ? waiting : `${why[code] ?? why["TOKEN_REFUSED"]} (${code})`}</p>
      <button id="sign-in" class="primary" @click=${this.#signIn}>${this.isOpen ? "Show the window" : "Sign in to Trackwell"}</button>
    </section>`;
  }

  /** In the click itself: a browser opens a window for that alone. What it came to, the next offer says. */
  async #signIn(): Promise<void> {
    const signingIn = this.panel?.signIn();
    this.isOpen = true;
    try {
      await signingIn;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    } finally {
      this.isOpen = false;
    }
  }
}

const waiting = "Finish in Trackwell's window. It closes by itself.";

const titles: Readonly<Record<string, string>> = {
  ACCOUNT_NOT_LINKED: "Link your Trackwell account",
  STEP_UP_REQUIRED: "Sign in once more",
};

const why: Readonly<Record<string, string>> = {
  SIGN_IN_REQUIRED: `Trackwell shows this issue to people it knows, and ${hostName} does not say who you are. Sign in at Trackwell itself.`,
  ACCOUNT_NOT_LINKED: `${hostName} says who you are, but Trackwell does not know yet which account is yours. Sign in once; after that nobody asks.`,
  STEP_UP_REQUIRED: "This needs a sign-in of the last minutes. Sign in again to go on.",
  POPUP_BLOCKED: "Your browser opened no window. Allow windows for this page, then try again.",
  POPUP_SEVERED: `${hostName} cut the window off before Trackwell could use it. Close it; your administrator can change that.`,
  POPUP_CLOSED: "The window was closed before you were signed in. Try again.",
  SIGN_IN_CANCELLED: "You ended the sign-in. Trackwell shows this issue once you are signed in.",
  SIGN_IN_TIMEOUT: "Nobody signed in for five minutes. Try again.",
  ACCOUNT_ALREADY_LINKED: `That Trackwell account, or yours at ${hostName}, is linked with somebody else already. Sign in with another one.`,
  LINK_REFUSED: "Trackwell could not link your account. Try again.",
  TOKEN_REFUSED: "Trackwell did not accept the sign-in. Try again.",
};

customElements.define("trackwell-sign-in-offer", SignInOffer);
