import type { Manifest } from "@partner-panel/manifest";
import { type Call, type Implementation, implement } from "@partner-panel/postmessage-rpc";
import { hostPanel, type ScopesAnswer, type SignInReport } from "@partner-panel/postmessage-rpc/panel";
import type { SignInStrategy } from "./config.js";

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
  /** Scopes of the partner's API that the host's policy allows; undefined: all of the manifest's. */
  authPolicy(): readonly string[] | undefined;
}

interface SignIn {
  /** The partner by the name that the page gives it. */
  readonly partner: string;
  readonly auth: Manifest["auth"];
  readonly strategy: SignInStrategy | undefined;
}

/** The host's half of the panel's own words, for one panel. */
export function wordsForView(listener: ViewListener, signIn: SignIn): Implementation {
  return implement(hostPanel, {
    "panel.ready": () => listener.onReady(),
    "panel.size": ({ height }) => listener.onSize(height),
    "panel.fail": (report) => listener.onFail(report),
    "panel.signIn": (report) => listener.onSignIn(report),
    "panel.assertion": (params, call) => assertion(params, call, signIn, listener.authPolicy()),
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

type Refused = "SIGN_IN_REQUIRED" | "ASSERTION_REFUSED" | "SIGN_IN_CANCELLED";

/** The host page's part of mode `assertion`: scope ⊆ the manifest's `auth.scopes` ∩ the policy's, then the host's own strategy. */
async function assertion(
  { jkt, scope }: { jkt: string; scope: string },
  call: Call<Refused>,
  { partner, auth, strategy }: SignIn,
  allowed: readonly string[] | undefined,
): Promise<{ assertion: string }> {
  const refuse = (message: string) => call.fail("ASSERTION_REFUSED", { message });
  if (auth === undefined || !auth.modes.includes("assertion"))
    throw refuse("The manifest has no auth of mode assertion");
  if (strategy === undefined) throw refuse("The host has no signIn strategy for this partner");
  if (!/^[\w-]{43}$/.test(jkt)) throw refuse("jkt is not a SHA-256 thumbprint (RFC 7638) in base64url");
  for (const each of scope.split(" ")) {
    if (!auth.scopes?.includes(each)) throw refuse("A scope is not one of the manifest's auth.scopes");
    if (allowed !== undefined && !allowed.includes(each)) throw refuse("The host's policy leaves a scope out");
  }
  try {
    return { assertion: await strategy({ partner, jkt, scope, signal: call.signal }) };
  } catch (cause) {
    throw call.fail(codeOf(cause), { message: "The host made no assertion", cause });
  }
}

function codeOf(thrown: unknown): Refused {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, "code") : undefined;
  return code === "SIGN_IN_REQUIRED" || code === "SIGN_IN_CANCELLED" ? code : "ASSERTION_REFUSED";
}
