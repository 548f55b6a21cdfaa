import { endedSessions, type ReplayStore } from "@partner-panel/server";
import type Provider from "oidc-provider";
import type { Addresses } from "../../addresses.js";
import type { Database } from "../database.js";
import type { IdentitySettings } from "../identity/settings.js";
import { openReplayStore } from "../replay-store.js";
import { accounts } from "./accounts.js";
import { acceptAssertions } from "./assertions.js";
import { type Links, openLinks } from "./links.js";
import { type TokenLife, trackwellQa } from "./provider-qa.js";

interface Hands {
  readonly addresses: Addresses;
  readonly database: Database;
  readonly life: TokenLife;
  /** The name by which Trackwell knows an agent of Desk's. */
  subjectFor(agent: string, issuer: string): Promise<string>;
}

export interface Linking {
  readonly links: Links;
  /** Where the provider remembers which assertions were used. */
  readonly assertionReplay: ReplayStore;
  /** Which of the hosts' sessions have ended: neither their assertions nor their tokens are taken any more. */
  readonly sessions: ReturnType<typeof endedSessions>;
  /** The links as at the beginning, and tokens that live as long as usual. */
  reset(): Promise<void>;
}

/** What Trackwell's provider can do besides signing people in: it takes Desk's word about Desk's agents. */
export async function extendTrackwellProvider(
  provider: Provider,
  settings: IdentitySettings,
  { addresses, database, life, subjectFor }: Hands,
): Promise<Linking> {
  const links = await openLinks(database);
  const replay = await openReplayStore(database);
  const sessions = endedSessions(replay);
  /** As if each of these people had signed in at Trackwell from a panel once. */
  const linkBeforehand = async () => {
    for (const { agent, id, isLinked } of accounts) {
      if (isLinked) await links.link(addresses.desk, await subjectFor(agent, addresses.trackwellId), id);
    }
  };
  await linkBeforehand();
  acceptAssertions(provider, settings, { addresses, links, replay, isRevoked: sessions.isRevoked });
  trackwellQa(provider, settings, { database, links, life });
  return {
    links,
    assertionReplay: replay,
    sessions,
    reset: async () => {
      for (const { id } of accounts) await links.unlink(id);
      await linkBeforehand();
      life.reset();
    },
  };
}
