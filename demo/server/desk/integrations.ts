import { type Database, keep, kept } from "../database.js";

/** A partner that an administrator of Desk's has installed. */
export interface Installed {
  /** By the name that Desk gives it. */
  readonly partner: string;
  /** The administrator; null for what Desk came with. */
  readonly by: string | null;
  /** ISO 8601. */
  readonly at: string;
}

const key = "installed-partners";

/** Which partners Desk shows, for all its agents: one that is not installed gets no panel, and Desk vouches for nobody to it. */
export class Integrations {
  readonly #database: Database;
  #installed: readonly Installed[];

  private constructor(database: Database, installed: readonly Installed[]) {
    this.#database = database;
    this.#installed = installed;
  }

  static async open(database: Database): Promise<Integrations> {
    return new Integrations(database, await kept(database, key, asDelivered));
  }

  get installed(): readonly Installed[] {
    return this.#installed;
  }

  has(partner: string): boolean {
    return this.#installed.some((each) => each.partner === partner);
  }

  async install(partner: string, by: string): Promise<void> {
    if (!this.has(partner)) await this.#keep([...this.#installed, { partner, by, at: new Date().toISOString() }]);
  }

  async remove(partner: string): Promise<void> {
    await this.#keep(this.#installed.filter((each) => each.partner !== partner));
  }

  async reset(): Promise<void> {
    await this.#keep(asDelivered());
  }

  async #keep(installed: readonly Installed[]): Promise<void> {
    await keep(this.#database, key, installed);
    this.#installed = installed;
  }
}

/** With both partners, so that the demo begins with their panels. */
const asDelivered = (): readonly Installed[] =>
  ["trackwell", "mallory"].map((partner) => ({ partner, by: null, at: new Date().toISOString() }));
