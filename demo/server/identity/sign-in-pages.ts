import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import type { IdentitySettings } from "./settings.js";

/** The part of Koa's context that a page needs. */
export interface PageContext {
  type: string;
  status: number;
  body: unknown;
}

export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A page of the provider's, in the product's looks. */
export async function show(
  settings: IdentitySettings,
  context: PageContext,
  title: string,
  content: Markup,
): Promise<void> {
  const page = await html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title} · ${settings.product}</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/sign-in.css" />
  </head>
  <body>
    <main>
      <header><span class="mark" aria-hidden="true">${settings.product.slice(0, 1)}</span><p>${settings.product}</p></header>
      <h1>${title}</h1>
      ${content}
    </main>
    <footer>
      <p>A demo: nobody has a password. The rest is OpenID Connect as it is.</p>
      <p><code>${settings.issuer}</code></p>
    </footer>
  </body>
</html>`;
  context.type = "html";
  context.body = String(page);
}

/** Who signs in: one button each. */
export async function signInPage(
  settings: IdentitySettings,
  context: PageContext,
  state: { uid: string; client: string } | { expired: true },
): Promise<void> {
  if ("expired" in state) {
    context.status = 400;
    await show(
      settings,
      context,
      "This sign-in is over",
      html`<p>It was finished or took too long. Go back and sign in again.</p>`,
    );
    return;
  }
  const buttons = settings.accounts.map(
    (account, index) => html`<li>
      <button name="account" value="${account.id}" ${index === 0 ? raw("autofocus") : ""}>
        <span class="face" aria-hidden="true">${account.name.slice(0, 1)}</span>
        <span class="who"><strong>${account.name}</strong><span>${account.email}</span><span>${account.about}</span></span>
      </button>
    </li>`,
  );
  context.status = 200;
  await show(
    settings,
    context,
    "Who are you today?",
    html`<p>To go on to <strong>${state.client}</strong></p>
      <form method="post" action="/interaction/${state.uid}">
        <ul>
          ${buttons}
        </ul>
        <button class="quiet" name="account" value="">Cancel</button>
      </form>`,
  );
}

/** Asks before it signs out: another site could have sent the browser here. */
export async function signOutPage(settings: IdentitySettings, context: PageContext, form: string): Promise<void> {
  await show(
    settings,
    context,
    "Sign out?",
    html`<p>This ends your session at ${settings.product} in this browser.</p>
      ${raw(form)}
      <div class="choices">
        <button class="strong" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
        <button class="quiet" form="op.logoutForm">Stay signed in</button>
      </div>`,
  );
}

/** Where a sign-out ends that named no page to return to. */
export async function signedOutPage(settings: IdentitySettings, context: PageContext): Promise<void> {
  await show(settings, context, "You are signed out", html`<p>You can close this page.</p>`);
}

/** A request that the provider refuses and cannot hand back to a client. */
export async function errorPage(
  settings: IdentitySettings,
  context: PageContext,
  out: { error: string; error_description?: string | undefined },
): Promise<void> {
  await show(
    settings,
    context,
    "That did not work",
    html`<p role="alert">${out.error_description ?? "The provider refused the request."}</p>
      <p><code>${out.error}</code></p>`,
  );
}

/** The provider's own address, for whoever opens it out of curiosity. */
export async function frontPage(settings: IdentitySettings, context: PageContext): Promise<void> {
  context.status = 200;
  await show(
    settings,
    context,
    "OpenID provider",
    html`<p>People of ${settings.product} sign in here. There is nothing to do on this page itself.</p>
      <p>
        <a href="/.well-known/openid-configuration">Its configuration</a> · <a href="/jwks">its public keys</a> ·
        <a href="/qa">for QA</a>
      </p>`,
  );
}
