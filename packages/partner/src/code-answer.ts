import { type Clock, RpcError } from "@partner-panel/postmessage-rpc";
import type { Popup, WindowMessage } from "./sign-in-window.js";

/** Milliseconds that a person may take to sign in. */
export const personTimeout = 300_000;
/** Milliseconds from look to look whether the window is still there, and for an answer that is on its way when it is not. */
const lookPause = 500;
const lastWords = 1_500;

interface Waiting {
  readonly popup: Popup;
  /** For the relay page: where it is to go, and which answer it is to hand on. Undefined: the window is at the provider itself. */
  readonly order: { readonly url: string; readonly state: string } | undefined;
  /** The view's own: that of the callback page. */
  readonly origin: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  tellWindow(popup: Popup, origin: string, message: object): void;
  onMessage(listener: (message: WindowMessage) => void): () => void;
}

/**
 * Waits for what the callback page hands over: the query that the provider sent the window back with. It is taken from that window and from the
 * view's own origin alone. A relay page in that window is told where to go.
 *
 * Rejects with RpcError POPUP_BLOCKED (of the relay), POPUP_CLOSED (as it seems: the window may also be cut off), SIGN_IN_TIMEOUT, or with `signal`'s reason.
 */
export function answerFrom({
  popup,
  order,
  origin,
  clock,
  signal,
  tellWindow,
  onMessage,
}: Waiting): Promise<URLSearchParams> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    let stopLook = (): void => {};
    const settle = (run: () => void): void => {
      stopLook();
      for (const stop of stops.splice(0)) stop();
      run();
    };
    const fail = (code: string, message: string): void => settle(() => reject(new RpcError(code, { message })));
    const onAbort = (): void => settle(() => reject(signal.reason as Error));

    const look = (): void => {
      stopLook = popup.closed
        ? clock.after(lastWords, () => fail("POPUP_CLOSED", closedMessage))
        : clock.after(lookPause, look);
    };
    stops.push(
      onMessage(({ source, origin: from, data }) => {
        if (source !== popup || from !== origin || typeof data !== "object" || data === null) return;
        const { "partner-panel": word, answer } = data as Record<string, unknown>;
        if (word === "relay-ready" && order) tellWindow(popup, origin, { "partner-panel": "relay-open", ...order });
        if (word === "relay-blocked") fail("POPUP_BLOCKED", "The browser opened no second window.");
        if (word === "sign-in" && typeof answer === "string") settle(() => resolve(new URLSearchParams(answer)));
      }),
      clock.after(personTimeout, () => fail("SIGN_IN_TIMEOUT", "Nobody signed in in the window for five minutes.")),
    );
    signal.addEventListener("abort", onAbort, { once: true });
    stops.push(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
    else look();
  });
}

const closedMessage =
  "The sign-in window was closed before its end. If it was not: the provider's Cross-Origin-Opener-Policy cuts it off, " +
  "and must be unsafe-none on its pages, or signInPages must name a relay.";
