import { IndexedDbDPoPStore, UserManager } from "oidc-client-ts";
import { inWords, loadConfig } from "../shared/http.js";
import { TrackwellApi, type TrackwellConfig } from "./api.js";
import { TrackwellApp } from "./app.js";
import { callbackPath, Session } from "./session.js";

const app = document.querySelector("trackwell-app");
// Also where the page is left while it opens, which cuts its requests off: then nobody sees what is said here.
if (app instanceof TrackwellApp) await open(app).catch((error: unknown) => app.failed(inWords(error)));

async function open(app: TrackwellApp): Promise<void> {
  const config = await loadConfig<TrackwellConfig>();
  const session = new Session(
    new UserManager({
      authority: config.issuer,
      client_id: config.clientId,
      redirect_uri: config.origin + callbackPath,
      post_logout_redirect_uri: `${config.origin}/`,
      scope: config.scope,
      resource: config.resource,
      automaticSilentRenew: false,
      dpop: { store: new IndexedDbDPoPStore(), bind_authorization_code: true },
    }),
  );
  app.session = session;
  app.begin = async () => {
    const api = new TrackwellApi(session, config.resource, () => void app.signedOut());
    return { api, account: await api.me(), signInAnew: (path) => session.signIn(path, { anew: true }) };
  };
  await app.start();
}
