import { createSignIn, type SignIn } from "@partner-panel/host/sign-in";
import { loadConfig } from "../shared/http.js";
import type { DeskConfig } from "./api.js";
import { type Confirmed, confirmChannel, confirmPath } from "./confirmed.js";
import { Tabs } from "./tabs.js";

/*
 * The window in which an agent signs in again: it goes to the provider and comes back here, redeems its own code, tells the page that opened it of the
 * new session, and closes. That page's session is its tab's own, so nothing else would bring it there.
 */

const kept = "desk-confirm-id";
const asked = new URLSearchParams(location.search);
const id = asked.get("id") ?? sessionStorage.getItem(kept);

if (id === null) say("There is nothing to do here. Close this window.");
else await run(id);

async function run(id: string): Promise<void> {
  sessionStorage.setItem(kept, id);
  try {
    const config = await loadConfig<DeskConfig>();
    const signIn = createSignIn({
      authority: config.issuer,
      client_id: config.clientId,
      redirect_uri: config.origin + confirmPath,
      scope: config.scope,
      resource: config.resource,
    });
    const session = await goOn(signIn);
    if (session !== undefined) tell({ id, session });
  } catch {
    // The provider's No, a server that is away, or an answer that is not to this question: what it was is no matter here.
    tell({ id, session: null });
  }
}

/** Undefined: it leaves for the provider. */
async function goOn(signIn: SignIn): Promise<string | null | undefined> {
  const { handled } = await signIn.handleRedirect();
  if (handled) return (await signIn.user())?.toStorageString() ?? null;
  const maxAge = asked.get("max_age");
  await signIn.manager.signinRedirect(maxAge === null ? {} : { max_age: Number(maxAge) });
  return undefined;
}

function tell(confirmed: Confirmed): void {
  sessionStorage.removeItem(kept);
  const tabs = new Tabs<Confirmed>(confirmChannel, () => {});
  tabs.say(confirmed);
  tabs.close();
  say("You can close this window.");
  window.close();
}

function say(text: string): void {
  const words = document.querySelector("#words");
  if (words) words.textContent = text;
}
