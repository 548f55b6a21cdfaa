import { UserManager } from "oidc-client-ts";
import { loadConfig } from "../shared/http.js";
import { callbackPath, Session } from "../shared/session.js";
import { DeskApi, type DeskConfig } from "./api.js";
import { DeskApp } from "./app.js";
import { LiveTickets } from "./live.js";

const app = document.querySelector("desk-app");
if (app instanceof DeskApp) await open(app);

async function open(app: DeskApp): Promise<void> {
  const config = await loadConfig<DeskConfig>();
  const session = new Session(
    new UserManager({
      authority: config.issuer,
      client_id: config.clientId,
      redirect_uri: config.origin + callbackPath,
      post_logout_redirect_uri: `${config.origin}/`,
      scope: "openid profile email desk",
      resource: config.resource,
      automaticSilentRenew: false,
    }),
  );
  app.session = session;
  app.begin = async (notify) => {
    const api = new DeskApi(session, () => void app.signedOut());
    return { agent: await api.me(), api, live: new LiveTickets(api), notify };
  };
  await app.start();
}
