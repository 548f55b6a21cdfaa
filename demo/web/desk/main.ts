import { createSignIn } from "@partner-panel/host/sign-in";
import "@partner-panel/host/define";
import { inWords, loadConfig } from "../shared/http.js";
import { DeskApi, type DeskConfig } from "./api.js";
import { callbackPath, type Desk, DeskApp } from "./app.js";
import { AuditTrail } from "./audit-trail.js";
import { ConfirmIdentity } from "./confirm-identity.js";
import { LiveTickets } from "./live.js";
import { Partners } from "./panels.js";
import { listenToShortcuts } from "./shortcuts.js";

const app = document.querySelector("desk-app");
// Also where the page is left while it opens, which cuts its requests off: then nobody sees what is said here.
if (app instanceof DeskApp) await open(app).catch((error: unknown) => app.failed(inWords(error)));

async function open(app: DeskApp): Promise<void> {
  const config = await loadConfig<DeskConfig>();
  const signIn = createSignIn({
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: config.origin + callbackPath,
    post_logout_redirect_uri: `${config.origin}/`,
    scope: config.scope,
    resource: config.resource,
  });
  app.signIn = signIn;
  signIn.onChange((user) => {
    if (user === null) void app.signedOut("You signed out in another tab.");
  });
  app.begin = async (notify) => {
    const api = new DeskApi(signIn, () => void app.signedOut());
    const agent = await api.me();
    const dialog = Object.assign(new ConfirmIdentity(), { signIn, agent: agent.id });
    document.body.append(dialog);
    listenToShortcuts();
    const confirm: Desk["confirm"] = (request) => dialog.ask(request);
    const hands = { agent, api, live: new LiveTickets(api), confirm };
    const trail = new AuditTrail(agent.id);
    const close = () => dialog.remove();
    return { ...hands, notify, trail, close, partners: await Partners.open(config, hands) };
  };
  await app.start();
}
