import { type Implementation, implement } from "@partner-panel/postmessage-rpc";
import { hostPanel, type ScopesAnswer, type SignInReport } from "@partner-panel/postmessage-rpc/panel";
import type { PanelActions } from "../actions/panel-actions.js";
import { assertion, exchange, type PanelSignIn, type StepUps, whileAsking } from "../sign-in/sign-in-words.js";

/** What a panel does with what its view says. */
export interface ViewListener {
  onReady(): void;
  onSize(height: number): void;
  onFail(report: { code: string; message: string; expected: boolean }): void;
  onSignIn(report: SignInReport): void;
  requestScopes(scopes: readonly string[], signal: AbortSignal): Promise<ScopesAnswer>;
  revokeScopes(scopes: readonly string[]): Promise<ScopesAnswer>;
  readonly actions: PanelActions;
}

/** The host's half of the panel's own words, for one panel. */
export function wordsForView(listener: ViewListener, signIn: PanelSignIn, stepUps: StepUps): Implementation {
  const { actions } = listener;
  return implement(hostPanel, {
    "panel.ready": () => listener.onReady(),
    "panel.size": ({ height }) => listener.onSize(height),
    "panel.fail": (report) => listener.onFail(report),
    "panel.signIn": (report) => listener.onSignIn(report),
    "panel.assertion": (params, call) => assertion(params, call, signIn),
    "panel.exchange": (params, call) => exchange(params, call, signIn),
    "panel.stepUp": (params, call) => stepUps.ask(params, call, signIn),
    "panel.scopes.request": ({ scopes }, call) => whileAsking(call, listener.requestScopes(scopes, call.signal)),
    "panel.scopes.revoke": ({ scopes }) => listener.revokeScopes(scopes),
    "panel.dirty": ({ dirty }) => actions.onDirty(dirty),
    "panel.activity": () => actions.onActivity(),
    "panel.route": ({ path }) => actions.onRoute(path),
    "panel.toast": (toast) => actions.onToast(toast),
    "panel.key": (pressed) => actions.onKey(pressed),
    "panel.display": ({ mode }, call) => whileAsking(call, actions.onDisplay(mode)),
    "panel.openLink": async ({ url }, call) => {
      const { opened = false, refused } = await whileAsking(call, actions.onOpenLink(url));
      if (refused !== undefined) throw call.fail("LINK_REFUSED", { message: refused });
      return { opened };
    },
    "panel.confirm": (question, call) => whileAsking(call, actions.onConfirm(question)),
  }) as unknown as Implementation;
}
