import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type Provider from "oidc-provider";
import { type Addresses, addressesAt, defaultBasePort } from "../addresses.js";
import { type Database, openDatabase } from "./database.js";
import { deskIdentity } from "./desk/identity.js";
import { startDesk } from "./desk/server.js";
import { deskSchema } from "./desk/tickets.js";
import { createProvider } from "./identity/provider.js";
import type { IdentitySettings } from "./identity/settings.js";
import { providerSchema } from "./identity/storage.js";
import { startMallory } from "./mallory/server.js";
import { builtPages } from "./pages.js";
import { openSite, type Site } from "./site.js";
import { accounts } from "./trackwell/accounts.js";
import { acceptAssertions } from "./trackwell/assertions.js";
import { trackwellIdentity } from "./trackwell/identity.js";
import { issueSchema } from "./trackwell/issues.js";
import { openLinks } from "./trackwell/links.js";
import { startTrackwell } from "./trackwell/server.js";

export interface DemoOptions {
  /** The first of five consecutive ports. */
  readonly basePort?: number;
  /** Where the databases are kept; made if it is not there. */
  readonly dataDir: string;
  /** Where the built pages are, if elsewhere than beside the compiled servers. */
  readonly webDir?: string;
}

export interface Demo {
  readonly addresses: Addresses;
  /** The five servers: each can be closed alone, to see what the others make of it. */
  readonly servers: Readonly<Record<keyof Addresses, Site>>;
  /** Tickets and issues as at the beginning; who is signed in stays so. */
  reset(): Promise<void>;
  /** Ends every server, open event streams included. */
  close(): Promise<void>;
}

/**
 * Starts the whole demo: two products, their two OpenID providers, and Mallory.
 *
 * @throws {PortBusyError} a port is taken; whatever had started is closed again.
 */
export async function startDemo({
  basePort = defaultBasePort,
  dataDir,
  webDir = builtPages,
}: DemoOptions): Promise<Demo> {
  const addresses = addressesAt(basePort);
  // The databases hold private keys: nobody else on the machine reads them.
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const started: Site[] = [];
  const close = async () => {
    await Promise.all(started.map((site) => site.close()));
  };
  /** Opens a product's database, and closes it with the site that `start` makes of it. */
  const withDatabase = async <S extends Site>(
    file: string,
    schema: readonly string[],
    start: (database: Database) => Promise<S>,
  ): Promise<S> => {
    const database = await openDatabase(join(dataDir, file), schema);
    try {
      const site = await start(database);
      const closing: S = { ...site, close: () => site.close().finally(() => database.close()) };
      started.push(closing);
      return closing;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  const identity = (
    settings: IdentitySettings,
    file: string,
    extend?: (provider: Provider, database: Database) => Promise<void>,
  ) =>
    withDatabase(file, providerSchema, async (database) => {
      const provider = await createProvider(settings, database);
      await extend?.(provider, database);
      return openSite(settings.issuer, provider.callback());
    });

  try {
    const deskId = await identity(deskIdentity(addresses), "desk-id.db");
    const desk = await withDatabase("desk.db", deskSchema, (database) => startDesk(addresses, database, webDir));
    const trackwellId = await identity(trackwellIdentity(addresses), "trackwell-id.db", async (provider, database) => {
      const links = await openLinks(database);
      // Linked beforehand, as if each had signed in at Trackwell from a panel once.
      for (const { agent, id } of accounts) {
        await links.link(addresses.desk, await desk.subjectFor(agent, addresses.trackwellId), id);
      }
      acceptAssertions(provider, addresses, links);
    });
    const trackwell = await withDatabase("trackwell.db", issueSchema, (database) =>
      startTrackwell(addresses, database, webDir),
    );
    const mallory = await startMallory(addresses, webDir);
    started.push(mallory);
    return {
      addresses,
      servers: { desk, deskId, trackwell, trackwellId, mallory },
      reset: async () => {
        await Promise.all([desk.reset(), trackwell.reset()]);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
