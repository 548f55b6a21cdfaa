import { type Implementation, implement } from "@partner-panel/postmessage-rpc";
import { hostPanel, type ScopesAnswer, type SignInReport } from "@partner-panel/postmessage-rpc/panel";
import { assertion, exchange, type PanelSignIn, stepUp, whileAsking } from "./sign-in-words.js";

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
  let isSteppingUp = false;
  return implement(hostPanel, {
    "panel.ready": () => listener.onReady(),
    "panel.size": ({ height }) => listener.onSize(height),
    "panel.fail": (report) => listener.onFail(report),
    "panel.signIn": (report) => listener.onSignIn(report),
    "panel.assertion": (params, call) => assertion(params, call, signIn),
    "panel.exchange": (params, call) => exchange(params, call, signIn),
    "panel.stepUp": async (params, call) => {
      // A view that asks on and on has the user asked once.
      if (isSteppingUp) throw call.fail("STEP_UP_REFUSED", { message: "The user is being asked already" });
      isSteppingUp = true;
      try {
        return await stepUp(params, call, signIn);
      } finally {
        isSteppingUp = false;
      }
    },
    "panel.scopes.request": ({ scopes }, call) => whileAsking(call, listener.requestScopes(scopes, call.signal)),
    "panel.scopes.revoke": ({ scopes }) => listener.revokeScopes(scopes),
  }) as unknown as Implementation;
}
