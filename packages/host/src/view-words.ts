import { type Implementation, implement } from "@partner-panel/postmessage-rpc";
import { hostPanel, type ScopesAnswer, type SignInReport } from "@partner-panel/postmessage-rpc/panel";
import { assertion, exchange, type PanelSignIn } from "./sign-in-words.js";

/** How often a question to the user tells the view that it is still open, so that its call is not timed out: half the limit. */
const stillAsking = 10_000;

/** What a panel does with what its view says. */
export interface ViewListener {
  onReady(): void;
  onSize(height: number): void;
  onFail(report: { code: string; message: string; expected: boolean }): void;
  onSignIn(report: SignInReport): void;
  requestScopes(scopes: readonly string[], signal: AbortSignal): Promise<ScopesAnswer>;
  revokeScopes(scopes: readonly string[]): Promise<ScopesAnswer>;
}

/** The host's half of the panel's own words, for one panel. */
export function wordsForView(listener: ViewListener, signIn: PanelSignIn): Implementation {
  return implement(hostPanel, {
    "panel.ready": () => listener.onReady(),
    "panel.size": ({ height }) => listener.onSize(height),
    "panel.fail": (report) => listener.onFail(report),
    "panel.signIn": (report) => listener.onSignIn(report),
    "panel.assertion": (params, call) => assertion(params, call, signIn),
    "panel.exchange": (params, call) => exchange(params, call, signIn),
    "panel.scopes.request": async ({ scopes }, call) => {
      const timer = setInterval(() => call.progress(), stillAsking);
      try {
        return await listener.requestScopes(scopes, call.signal);
      } finally {
        clearInterval(timer);
      }
    },
    "panel.scopes.revoke": ({ scopes }) => listener.revokeScopes(scopes),
  }) as unknown as Implementation;
}
