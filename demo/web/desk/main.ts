import { createSignIn } from "@partner-panel/host/sign-in";
import "@partner-panel/host/define";
import { loadConfig } from "../shared/http.js";
import { DeskApi, type DeskConfig } from "./api.js";
import { callbackPath, DeskApp } from "./app.js";
import { AuditTrail } from "./audit-trail.js";
import { LiveTickets } from "./live.js";
import { Partners } from "./panels.js";

const app = document.querySelector("desk-app");
if (app instanceof DeskApp) await open(app);

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
  app.begin = async (notify) => {
    const api = new DeskApi(signIn, () => void app.signedOut());
    const hands = { agent: await api.me(), api, live: new LiveTickets(api) };
    const trail = new AuditTrail(hands.agent.id);
    return { ...hands, notify, trail, partners: await Partners.open(config, hands) };
  };
  await app.start();
}
