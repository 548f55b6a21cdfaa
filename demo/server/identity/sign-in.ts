import type { IncomingMessage } from "node:http";
import type Provider from "oidc-provider";
import { errors } from "./oidc-provider.js";
import type { IdentitySettings } from "./settings.js";
import { frontPage, signInPage } from "./sign-in-pages.js";
import { signInIcon, signInStyle } from "./sign-in-style.js";

const bodyLimit = 4096;

/**
 * The provider's pages for people: who signs in is chosen by one press. A form sent from elsewhere finds no interaction,
 * because the cookie that belongs to it is `SameSite=Lax` and bound to the interaction's path.
 */
export function signIn(provider: Provider, settings: IdentitySettings): void {
  provider.use(async (context, next) => {
    const { method, path } = context;
    if (method === "GET" && path === "/") return frontPage(settings, context);
    if (method === "GET" && path === "/sign-in.css") {
      context.type = "css";
      context.body = signInStyle(settings.hue);
      return;
    }
    if (method === "GET" && path === "/icon.svg") {
      context.type = "svg";
      context.body = signInIcon(settings.hue, settings.product.slice(0, 1));
      return;
    }
    const [, root, uid, action] = path.split("/");
    if (root !== "interaction" || !uid) return next();

    const interaction = await provider.interactionDetails(context.req, context.res).catch((error: unknown) => {
      if (error instanceof errors.SessionNotFound) return undefined;
      throw error;
    });
    if (!interaction || interaction.uid !== uid) return signInPage(settings, context, { expired: true });
    if (method === "GET" && action === undefined) {
      return signInPage(settings, context, { uid, client: clientName(settings, interaction.params["client_id"]) });
    }
    if (method !== "POST" || action !== undefined) return next();

    const chosen = (await readForm(context.req)).get("account");
    const account = settings.accounts.find((known) => known.id === chosen);
    const result = account
      ? { login: { accountId: account.id, amr: ["demo"] } }
      : { error: "access_denied", error_description: "The user cancelled the sign-in" };
    const returnTo = await provider.interactionResult(context.req, context.res, result, {
      mergeWithLastSubmission: false,
    });
    context.status = 303;
    context.redirect(returnTo);
  });
}

const clientName = (settings: IdentitySettings, id: unknown): string =>
  settings.clients.find((client) => client.id === id)?.name ?? settings.product;

/** A short form's fields; what is too long is cut off. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > bodyLimit) break;
  }
  return new URLSearchParams(text);
}
