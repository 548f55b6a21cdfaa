import type { SignIn } from "@partner-panel/host/sign-in";
import { html, nothing, type TemplateResult } from "lit";
import { User } from "oidc-client-ts";
import { LightElement } from "../shared/light-element.js";
import { type Confirmed, confirmChannel, confirmPath } from "./confirmed.js";
import { Tabs } from "./tabs.js";

/** Milliseconds from look to look whether the window is still there. */
const lookPause = 500;

/** Why nobody signed in again, in a code that the panel passes on. */
class ConfirmError extends Error {
  readonly code = "SIGN_IN_CANCELLED";
}

interface Asking {
  readonly maxAge: number | undefined;
  settle(error?: Error): void;
}

/**
 * Asks the agent to sign in again, because a partner wants to know who sits there now (step-up). In a dialog of Desk's own, for a window opens on a
 * click alone, and so that the agent learns first what the window is for.
 */
export class ConfirmIdentity extends LightElement {
  static override properties = { asking: { state: true }, words: { state: true } };
  declare asking: Asking | null;
  declare words: string | null;
  /** Both set before it is used. */
  signIn: SignIn | null = null;
  agent = "";
  #window: Window | null = null;
  /** Of the question that the window answers. */
  #id: string | null = null;
  #tabs: Tabs<Confirmed> | null = null;
  #promise: Promise<void> | null = null;

  constructor() {
    super();
    this.asking = null;
    this.words = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#tabs = new Tabs(confirmChannel, (confirmed) => this.#onConfirmed(confirmed));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#tabs?.close();
    this.asking?.settle(new ConfirmError("Desk is closed"));
  }

  /** Resolves once the same agent has signed in again. Rejects with code SIGN_IN_CANCELLED; and when `signal` aborts. */
  ask({ maxAge, signal }: { maxAge: number | undefined; signal: AbortSignal }): Promise<void> {
    this.#promise ??= new Promise<void>((resolve, reject) => {
      const stop = () => this.asking?.settle(new ConfirmError("Nobody waits for it any more"));
      signal.addEventListener("abort", stop);
      this.words = null;
      this.asking = {
        maxAge,
        settle: (error) => {
          signal.removeEventListener("abort", stop);
          this.#window?.close();
          this.#window = null;
          this.asking = null;
          this.#promise = null;
          if (error) reject(error);
          else resolve();
        },
      };
    });
    return this.#promise;
  }

  override updated(): void {
    const dialog = this.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.asking) return nothing;
    return html`<dialog id="confirm-identity" aria-labelledby="confirm-title" @cancel=${this.#cancel}>
      <h2 id="confirm-title">Is it still you?</h2>
      <p>Trackwell wants to be sure before it goes on. Sign in again at Fernhill's provider; a window opens for that.</p>
      ${this.words ? html`<p id="confirm-words" class="problem" role="alert">${this.words}</p>` : nothing}
      <div class="choices">
        <button id="confirm-sign-in" class="primary" autofocus @click=${this.#open}>Sign in again</button>
        <button id="confirm-cancel" @click=${this.#cancel}>Not now</button>
      </div>
    </dialog>`;
  }

  #open(): void {
    if (this.#window && !this.#window.closed) return this.#window.focus();
    const { maxAge } = this.asking ?? {};
    this.#id = crypto.randomUUID();
    const query = new URLSearchParams({ id: this.#id, ...(maxAge === undefined ? {} : { max_age: String(maxAge) }) });
    const opened = window.open(`${confirmPath}?${query}`, "_blank", "popup,width=520,height=720");
    this.#window = opened;
    this.words = opened ? null : "The browser opened no window. Allow windows for Fernhill Desk, then try again.";
    const look = setInterval(() => {
      if (opened && this.#window === opened && !opened.closed) return;
      clearInterval(look);
      if (opened && this.#window === opened) this.words = "The window was closed before anybody signed in.";
    }, lookPause);
  }

  #cancel(): void {
    this.asking?.settle(new ConfirmError("The agent did not want to sign in again"));
  }

  /** The window's last word. */
  #onConfirmed({ id, session }: Confirmed): void {
    if (id !== this.#id) return;
    this.#window = null;
    if (session === null) {
      this.words = "Nobody signed in in the window.";
      return;
    }
    const user = User.fromStorageString(session);
    if (user.profile.sub !== this.agent) {
      this.words = "Somebody else signed in in the window. This page is another agent's.";
      return;
    }
    this.signIn?.manager.storeUser(user).then(
      () => this.asking?.settle(),
      () => (this.words = "The sign-in could not be kept. Try again."),
    );
  }
}

customElements.define("desk-confirm-identity", ConfirmIdentity);
