import { type HeaderLines, headersFor, type ManifestInput } from "@partner-panel/manifest";
import { Hono } from "hono";
import * as v from "valibot";
import type { Addresses } from "../../addresses.js";
import { readBody, refuse } from "../answers.js";
import { type Database, keep, kept } from "../database.js";
import { setHeaderLines } from "../pages.js";
import { firstVersion, type Release, trackwellReleases } from "./manifest.js";

const key = "published-version";
const Publish = v.strictObject({ version: v.string() });

/** Which version of its manifest Trackwell publishes. A switch for QA; a real partner would deploy. */
export class Releases {
  readonly #database: Database;
  readonly #origin: string;
  readonly #all: readonly Release[];
  readonly #hosts: readonly string[];
  #published: Release;

  private constructor(
    database: Database,
    origin: string,
    all: readonly Release[],
    published: Release,
    hosts: string[],
  ) {
    this.#database = database;
    this.#origin = origin;
    this.#all = all;
    this.#published = published;
    this.#hosts = hosts;
  }

  static async open(addresses: Addresses, database: Database, hosts: string[]): Promise<Releases> {
    const all = trackwellReleases(addresses);
    const version = await kept(database, key, () => firstVersion);
    const published = all.find((release) => release.version === version) ?? all[0];
    if (published === undefined) throw new Error("Trackwell has no release");
    return new Releases(database, addresses.trackwell, all, published, hosts);
  }

  get manifest(): ManifestInput {
    return this.#published.manifest;
  }

  /** The header lines that go with what is published. */
  get headers(): HeaderLines["partner"] {
    return headersFor(this.manifest, { hosts: this.#hosts }).partner;
  }

  /** False if there is no such version. */
  async publish(version: string): Promise<boolean> {
    const found = this.#all.find((release) => release.version === version);
    if (found === undefined) return false;
    await keep(this.#database, key, version);
    this.#published = found;
    return true;
  }

  /** The manifest at its usual place, and `/releases.json`, which tells and changes what is published. */
  routes(): Hono {
    const app = new Hono();
    app.get("/.well-known/partner-panel.json", (context) => {
      setHeaderLines(context, this.headers.manifest);
      return context.json(this.manifest);
    });
    app.get("/releases.json", (context) => context.json(this.#state()));
    app.put("/releases.json", async (context) => {
      // Nobody is signed in on that page; it is for whoever looks at the demo, and for no other site.
      if (context.req.header("origin") !== this.#origin) return refuse(context, 403, "FORBIDDEN", "Another site asks");
      const body = await readBody(context, Publish);
      if (!body || !(await this.publish(body.version))) {
        return refuse(context, 400, "INVALID", "Trackwell has no such version");
      }
      return context.json(this.#state());
    });
    return app;
  }

  #state() {
    const published = this.#published.version;
    return { published, releases: this.#all.map(({ version, about }) => ({ version, about })) };
  }
}
