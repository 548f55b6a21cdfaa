import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type Provider from "oidc-provider";
import { type Addresses, addressesAt, defaultBasePort } from "../addresses.js";
import { type Database, kept, openDatabase } from "./database.js";
import { deskIdentity } from "./desk/identity.js";
import { extendDeskProvider } from "./desk/provider.js";
import { startDesk } from "./desk/server.js";
import { deskSchema } from "./desk/tickets.js";
import { createProvider } from "./identity/provider.js";
import type { IdentitySettings } from "./identity/settings.js";
import { providerSchema } from "./identity/storage.js";
import { startMallory } from "./mallory/server.js";
import { builtPages } from "./pages.js";
import { openSite, type Site } from "./site.js";
import { trackwellIdentity } from "./trackwell/identity.js";
import { issueSchema } from "./trackwell/issues.js";
import { extendTrackwellProvider } from "./trackwell/provider.js";
import { TokenLife } from "./trackwell/provider-qa.js";
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
  const identity = async <Made>(
    file: string,
    settingsIn: (database: Database) => Promise<IdentitySettings> | IdentitySettings,
    extend: (provider: Provider, settings: IdentitySettings, database: Database) => Promise<Made>,
  ): Promise<Site & { made: Made }> =>
    withDatabase(file, providerSchema, async (database) => {
      const settings = await settingsIn(database);
      const provider = await createProvider(settings, database);
      const made = await extend(provider, settings, database);
      return { ...(await openSite(settings.issuer, provider.callback())), made };
    });

  try {
    let serverSecret = "";
    const deskId = await identity(
      "desk-id.db",
      async (database) => {
        serverSecret = await kept(database, "desk-server-secret", () => randomBytes(32).toString("base64url"));
        return deskIdentity(addresses, serverSecret);
      },
      (provider, settings, database) => extendDeskProvider(provider, settings, { addresses, database }),
    );
    const desk = await withDatabase("desk.db", deskSchema, (database) =>
      startDesk(addresses, database, webDir, serverSecret),
    );
    const life = new TokenLife();
    const trackwellId = await identity(
      "trackwell-id.db",
      () => trackwellIdentity(addresses, () => life.seconds),
      (provider, settings, database) =>
        extendTrackwellProvider(provider, settings, { addresses, database, life, subjectFor: desk.subjectFor }),
    );
    const trackwell = await withDatabase("trackwell.db", issueSchema, (database) =>
      startTrackwell(addresses, database, webDir, trackwellId.made),
    );
    const mallory = await startMallory(addresses, webDir);
    started.push(mallory);
    return {
      addresses,
      servers: { desk, deskId, trackwell, trackwellId, mallory },
      reset: async () => {
        await Promise.all([desk.reset(), trackwell.reset(), trackwellId.made.reset()]);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
