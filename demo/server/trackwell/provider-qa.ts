import { html } from "hono/html";
import type Provider from "oidc-provider";
import type { AccessToken } from "oidc-provider";
import type { Database } from "../database.js";
import { type QaAction, qaPage } from "../identity/qa-page.js";
import type { IdentitySettings } from "../identity/settings.js";
import { ageSessions } from "../identity/storage.js";
import { panelClient } from "./identity.js";
import type { Links } from "./links.js";

/** How long Trackwell's access tokens live, in seconds; and for QA, so that a renewal can be watched. */
const usualLife = 5 * 60;
const shortLife = 20;

/** How many of the tokens that panels got are shown: the latest. */
const shown = 12;

const hour = 60 * 60;

/** How long the next access token lives; a switch for QA, back to usual with each start. */
export class TokenLife {
  seconds = usualLife;

  reset(): void {
    this.seconds = usualLife;
  }
}

/** Trackwell's switches for QA, at its provider: accounts, tokens, and how long ago somebody signed in. */
export function trackwellQa(
  provider: Provider,
  settings: IdentitySettings,
  { database, links, life }: { database: Database; links: Links; life: TokenLife },
): void {
  const tokens: { at: Date; account: string; by: string; life: number }[] = [];
  provider.on("access_token.issued", ({ accountId, clientId, gty, expiration }: AccessToken) => {
    if (clientId !== panelClient) return;
    tokens.unshift({ at: new Date(), account: accountId, by: wayOf(gty ?? ""), life: expiration });
    tokens.splice(shown);
  });
  const lives = (seconds: number, about: string): QaAction => ({
    title: `Tokens that live ${seconds} seconds`,
    about,
    run: () => {
      life.seconds = seconds;
    },
  });
  qaPage(provider, settings, {
    facts: async () => {
      const lines = tokens.map(
        ({ at, account, by, life }) =>
          html`<li><code>${at.toISOString().slice(11, 19)}</code> ${account}, ${by}, ${life} s</li>`,
      );
      return html`<p id="token-life">An access token lives <strong>${life.seconds} seconds</strong>.</p>
        <p id="linked">Linked with an agent of Desk's: <strong>${(await links.linked()).join(", ")}</strong>.</p>
        <p>Tokens that panels got, the latest first (UTC; load again to see more):</p>
        <ol id="tokens" class="facts">
          ${lines}
        </ol>`;
    },
    actions: async () => ({
      [`tokens-${shortLife}`]: lives(shortLife, "A panel renews its token after some 15 seconds; see the list above."),
      [`tokens-${usualLife}`]: lives(usualLife, "As usual."),
      ...Object.fromEntries(
        (await links.linked()).map((account) => [
          `unlink-${account}`,
          {
            title: `Unlink ${account}`,
            about: "Trackwell forgets which agent of Desk's that is: the panel asks once more to sign in.",
            run: () => links.unlink(account),
          },
        ]),
      ),
      earlier: {
        title: "Everybody signed in an hour ago",
        about:
          "Whoever is signed in at Trackwell's provider; nobody is asked again. To try what wants a fresh sign-in.",
        run: () => ageSessions(database, hour),
      },
    }),
  });
}

const wayOf = (grant: string): string =>
  grant.includes("jwt-bearer") ? "by Desk's word" : grant.includes("refresh_token") ? "renewed" : "signed in here";
