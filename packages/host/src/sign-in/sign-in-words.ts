import type { Manifest } from "@partner-panel/manifest";
import type { Call } from "@partner-panel/postmessage-rpc";
import type { ExchangedToken, HostSignIn, StepUpDemand } from "@partner-panel/postmessage-rpc/panel";
import type { SignInStrategy } from "../config.js";

/** What one panel's sign-in rests on. */
export interface PanelSignIn {
  /** The partner by the name that the page gives it. */
  readonly partner: string;
  readonly auth: Manifest["auth"];
  readonly strategy: SignInStrategy | undefined;
  /** Scopes of the partner's API that the host's policy allows; undefined: all of the manifest's. */
  readonly allowed: () => readonly string[] | undefined;
}

/** What the welcome says of it. */
export function hostSignIn(
  { auth, strategy, allowed }: Omit<PanelSignIn, "partner">,
  permissions: readonly string[],
): HostSignIn {
  const mode = strategy === undefined ? null : typeof strategy === "function" ? "assertion" : strategy.mode;
  const scopes = allowed() === undefined ? {} : { scopes: scopesLeft({ auth, allowed }) };
  return { mode, popups: permissions.includes("popups"), ...scopes };
}

/** The manifest's `auth.scopes` ∩ the policy's. */
function scopesLeft({ auth, allowed }: Pick<PanelSignIn, "auth" | "allowed">): string[] {
  const policy = allowed();
  return auth?.scopes?.filter((each) => policy?.includes(each) ?? true) ?? [];
}

type AssertionCode = "SIGN_IN_REQUIRED" | "ASSERTION_REFUSED" | "SIGN_IN_CANCELLED";
type StepUpCode = "SIGN_IN_REQUIRED" | "SIGN_IN_CANCELLED" | "STEP_UP_REFUSED";
type ExchangeCode = "SIGN_IN_REQUIRED" | "TOKEN_REFUSED" | "SIGN_IN_CANCELLED" | "USE_DPOP_NONCE";

/** The host page's part of mode `assertion`. */
export async function assertion(
  { jkt, scope }: { jkt: string; scope: string },
  call: Call<AssertionCode>,
  signIn: PanelSignIn,
): Promise<{ assertion: string }> {
  const { partner, strategy } = signIn;
  const refuse = (message: string) => call.fail("ASSERTION_REFUSED", { message });
  const reason = refusal("assertion", scope, signIn);
  if (reason !== undefined) throw call.fail("ASSERTION_REFUSED", reason);
  if (typeof strategy !== "function") throw refuse(noStrategy);
  if (!/^[\w-]{43}$/.test(jkt)) throw refuse("jkt is not a SHA-256 thumbprint (RFC 7638) in base64url");
  try {
    return { assertion: await strategy({ partner, jkt, scope, signal: call.signal }) };
  } catch (cause) {
    const code = codeOf(cause);
    const known = code === "SIGN_IN_REQUIRED" || code === "SIGN_IN_CANCELLED" ? code : "ASSERTION_REFUSED";
    throw call.fail(known, { message: "The host made no assertion", cause });
  }
}

/** The host page's part of mode `exchange`. */
export async function exchange(
  { proof, scope }: { proof: string; scope: string },
  call: Call<ExchangeCode>,
  signIn: PanelSignIn,
): Promise<ExchangedToken> {
  const { partner, strategy } = signIn;
  const refuse = (message: string) => call.fail("TOKEN_REFUSED", { message });
  const reason = refusal("exchange", scope, signIn);
  if (reason !== undefined) throw call.fail("TOKEN_REFUSED", reason);
  if (typeof strategy !== "object" || strategy.mode !== "exchange") throw refuse(noStrategy);
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(proof)) throw refuse("The proof is not a JWT");
  let token: ExchangedToken;
  try {
    token = await strategy.exchange({ partner, proof, scope, signal: call.signal });
  } catch (cause) {
    const code = codeOf(cause);
    const message = "The host got no token";
    const nonce: unknown = cause instanceof Error ? Reflect.get(cause, "nonce") : undefined;
    if (code === "USE_DPOP_NONCE" && typeof nonce === "string") throw call.fail(code, { message, data: { nonce } });
    const known = code === "SIGN_IN_REQUIRED" || code === "SIGN_IN_CANCELLED" ? code : "TOKEN_REFUSED";
    throw call.fail(known, { message, cause });
  }
  // A token of any other type would work in this very page, and wherever else it got to.
  if (token.token_type.toLowerCase() !== "dpop") throw refuse("The provider's token is not bound to the frame's key");
  return token;
}

/** Noes in a row after which the user is asked no more, as with consent. */
const mostNoes = 3;

/** What one panel's view may have its user asked, in all the documents that its frame shows: one thing at a time, until the third No in a row. */
export class StepUps {
  #isAsking = false;
  #noes = 0;

  /** Has the host's user prove anew who they are. */
  async ask(
    { acr_values = "", max_age: maxAge }: StepUpDemand,
    call: Call<StepUpCode>,
    { partner, strategy }: PanelSignIn,
  ): Promise<Record<string, never>> {
    const refuse = (message: string) => call.fail("STEP_UP_REFUSED", { message });
    if (!strategy?.stepUp) throw refuse("The host has no way to step up");
    if (this.#isAsking) throw refuse("The user is being asked already");
    if (this.#noes >= mostNoes) throw refuse(`The user said no ${mostNoes} times`);
    const acrValues = acr_values.split(" ").filter((each) => each !== "");
    this.#isAsking = true;
    try {
      await whileAsking(call, strategy.stepUp({ partner, acrValues, maxAge, signal: call.signal }));
      this.#noes = 0;
      return {};
    } catch (cause) {
      const code = codeOf(cause);
      if (code === "SIGN_IN_CANCELLED") this.#noes += 1;
      const known = code === "SIGN_IN_REQUIRED" || code === "SIGN_IN_CANCELLED" ? code : "STEP_UP_REFUSED";
      throw call.fail(known, { message: "The host's user did not sign in again", cause });
    } finally {
      this.#isAsking = false;
    }
  }
}

/** How often a question to the user tells the view that it is still open, so that its call is not timed out: half the limit. */
const stillAsking = 10_000;

export async function whileAsking<T>(call: { progress(): void }, answer: Promise<T>): Promise<T> {
  const timer = setInterval(() => call.progress(), stillAsking);
  try {
    return await answer;
  } finally {
    clearInterval(timer);
  }
}

const noStrategy = "The host has no signIn strategy of this mode for this partner";

/**
 * Why the host asks for none of this: scope ⊆ the manifest's `auth.scopes` ∩ the policy's. Where it is the policy's doing, `data.scopes` is what
 * may be asked for: the view knows from its welcome what held then.
 */
function refusal(mode: "assertion" | "exchange", scope: string, { auth, allowed }: PanelSignIn) {
  if (auth === undefined || !auth.modes.includes(mode)) return { message: `The manifest has no auth of mode ${mode}` };
  const asked = scope.split(" ");
  if (asked.some((each) => !auth.scopes?.includes(each)))
    return { message: "A scope is not one of the manifest's auth.scopes" };
  const scopes = scopesLeft({ auth, allowed });
  if (asked.some((each) => !scopes.includes(each)))
    return { message: "The host's policy leaves a scope out", data: { scopes } };
  return undefined;
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error ? Reflect.get(thrown, "code") : undefined;
}
