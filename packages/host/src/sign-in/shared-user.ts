import {
  type SigninSilentArgs,
  type SignoutRedirectArgs,
  type User,
  UserManager,
  type UserManagerSettings,
} from "oidc-client-ts";
import { partnersConfig } from "../config.js";
import { endPanelsHere, watchSignOut } from "./sign-out.js";

type Listener = (user: User | null) => void;

/** Milliseconds that what another tab has stored may take to arrive. */
const arrivalLimit = 2_000;

/** Undefined in a browser that has none, where the page is not secure, and outside of pages. */
const locks: LockManager | undefined = globalThis.navigator?.locks;

/**
 * oidc-client-ts's UserManager, for several tabs. A provider that rotates refresh tokens takes one that is used twice for stolen, and ends the
 * session; and what a renewal brings after a sign-out would bring the user back. So each happens alone, under a lock of the origin; and what another
 * tab did is noticed.
 */
export class SharedUserManager extends UserManager {
  /** How the library ends the name under which it stores the session. */
  readonly #entry: string;
  readonly #listeners = new Set<Listener>();
  /** Who was signed in when this tab last looked. */
  #sub: string | null = null;
  #looking: Promise<void>;

  constructor(settings: UserManagerSettings) {
    super(settings);
    this.#entry = `user:${settings.authority}:${settings.client_id}`;
    this.#looking = this.getUser().then((user) => {
      this.#sub ??= subOf(user);
    });
    // Storage that cannot be read is told to whoever asks for the user.
    this.#looking.catch(() => {});
    window.addEventListener("storage", ({ key }) => {
      // Without a key: all of it was cleared.
      if (key === null || key.endsWith(this.#entry)) this.#look();
    });
    watchSignOut({
      onSignOut: (user, isElsewhere) => {
        if (isElsewhere) this.#onSignOutElsewhere(user);
      },
      onRestore: () => this.#look(),
    });
  }

  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  override async storeUser(user: User | null): Promise<void> {
    await super.storeUser(user);
    this.#sub = subOf(user);
  }

  override async signinSilent(args?: SigninSilentArgs): Promise<User | null> {
    const before = await this.getUser();
    return this.#alone(async () => {
      const now = await this.#latest();
      // Renewed, or signed out, while this tab waited for its turn: there is nothing left to do.
      if (before?.refresh_token && now?.access_token !== before.access_token && !now?.expired) {
        if (now) await this.events.load(now);
        return now;
      }
      const renewed = await super.signinSilent(args);
      if (now?.refresh_token !== renewed?.refresh_token) await this.#spend(now?.refresh_token);
      return renewed;
    });
  }

  override async signoutRedirect(args?: SignoutRedirectArgs): Promise<void> {
    let leaving = Promise.resolve();
    await this.#alone(async () => {
      // What the last renewal has stored must have arrived: it could come after the removal else, and stay.
      await this.#spend((await this.#latest())?.refresh_token);
      await new Promise<void>((resolve) => {
        // Until the session is out of the store, that is: the page that is left for may take its time.
        const stop = this.events.addUserUnloaded(resolve);
        leaving = super.signoutRedirect(args).finally(() => {
          stop();
          resolve();
        });
        leaving.catch(() => {});
      });
    });
    return leaving;
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    return locks ? locks.request(`partner-panel session ${this.#entry}`, run) : run();
  }

  /**
   * The session as whoever had the lock before left it. A lock can be handed over before what was stored under it has arrived in this tab (Chromium
   * keeps a copy of localStorage in each process), but which locks are held is known to all at the same time: so each refresh token
   * that is spent has one, as long as the page that spent it is there. A copied tab, whose storage is a copy too, also learns by this that the
   * session is not its own: null, for using the token once more would end the session of both.
   */
  async #latest(): Promise<User | null> {
    const user = await this.getUser();
    if (!user?.refresh_token || !locks) return user;
    const name = await spentName(user.refresh_token);
    const { held = [] } = await locks.query();
    if (!held.some((lock) => lock.name === name)) return user;
    return this.#isTabsOwn() ? null : this.#otherThan(user.refresh_token);
  }

  async #otherThan(spent: string): Promise<User | null> {
    const limit = AbortSignal.timeout(arrivalLimit);
    while (!limit.aborted) {
      const user = await this.getUser();
      if (user?.refresh_token !== spent) return user;
      await new Promise((again) => {
        window.addEventListener("storage", again, { once: true, signal: limit });
        limit.addEventListener("abort", again, { once: true });
      });
    }
    return null;
  }

  /** Tells all tabs that this refresh token was used. */
  async #spend(token: string | undefined): Promise<void> {
    if (!token || !locks) return;
    const name = await spentName(token);
    // Not beyond the page's life: one in the back/forward cache must hold none.
    const gone = new Promise<void>((resolve) => {
      window.addEventListener("pagehide", () => resolve(), { once: true });
    });
    await new Promise<void>((held) => {
      locks
        .request(name, () => {
          held();
          return gone;
        })
        .catch(() => held());
    });
  }

  #isTabsOwn(): boolean {
    return Object.keys(sessionStorage).some((key) => key.endsWith(this.#entry));
  }

  /** A session in `sessionStorage` is this tab's alone, so nobody else has removed it; of one that is shared the storage tells. */
  #onSignOutElsewhere(user: string | null): void {
    const own = partnersConfig()?.user?.() ?? null;
    if (user !== null && own !== null && user !== own) return;
    if (!this.#isTabsOwn()) return;
    this.#alone(async () => {
      const was = this.#sub;
      await this.removeUser();
      if (was !== null) this.#tell(null);
    }).catch(() => {});
  }

  #look(): void {
    this.#looking = this.#looking
      .then(() => this.getUser())
      .then(async (user) => {
        const was = this.#sub;
        this.#sub = subOf(user);
        if (was === this.#sub) return;
        // Their views have tokens of somebody who is not signed in here any more.
        if (was !== null) endPanelsHere();
        await (user ? this.events.load(user) : this.events.unload());
        this.#tell(user);
      })
      .catch(() => {});
  }

  #tell(user: User | null): void {
    for (const listener of [...this.#listeners]) listener(user);
  }
}

/** Not the token itself, for names of locks are for everybody on the origin to see. */
async function spentName(token: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return `partner-panel spent ${Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function subOf(user: User | null): string | null {
  return user?.profile.sub ?? null;
}
