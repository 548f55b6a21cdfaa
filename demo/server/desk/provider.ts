import { html } from "hono/html";
import type Provider from "oidc-provider";
import type { Addresses } from "../../addresses.js";
import { type Database, kept } from "../database.js";
import { makeProviderKeys } from "../identity/keys.js";
import { qaPage } from "../identity/qa-page.js";
import type { IdentitySettings } from "../identity/settings.js";
import { ageSessions } from "../identity/storage.js";
import { openReplayStore } from "../replay-store.js";
import { exchangeTokens } from "./token-exchange.js";

const hour = 60 * 60;

/** What Desk's provider can do besides signing agents in: tokens for a partner that trusts it, and a switch for QA. */
export async function extendDeskProvider(
  provider: Provider,
  settings: IdentitySettings,
  { addresses, database }: { addresses: Addresses; database: Database },
): Promise<void> {
  const { jwks } = await kept(database, "provider-keys", makeProviderKeys);
  exchangeTokens(provider, { addresses, keys: jwks.keys, replay: await openReplayStore(database) });
  qaPage(provider, settings, {
    facts: async () => html`<p>Whoever is signed in here keeps the time at which they did so.</p>`,
    actions: async () => ({
      earlier: {
        title: "Everybody signed in an hour ago",
        about: "Then open Desk in another tab and sign in: nobody is asked, and that sign-in is an hour old.",
        run: () => ageSessions(database, hour),
      },
    }),
  });
}
