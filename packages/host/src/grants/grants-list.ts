import type { Manifest } from "@partner-panel/manifest";
import { adoptStyles, type TemplateResult } from "lit";
import { decided, keepAudit } from "../audit.js";
import { onPartnersConfig, partnersConfig } from "../config.js";
import { type OpenBook, onRecords, openBook } from "../consent/consent-shelf.js";
import type { ConsentRecord, ConsentStore } from "../consent/consent-store.js";
import { PartnerAuditEvent } from "../events.js";
import { loadManifest } from "../manifests/manifest-loader.js";
import { localeOf, ownWords } from "../own-words.js";
import { storeOf } from "../panel/run-settings.js";
import { VisibleLimit } from "../panel/visible-limit.js";
import type { PartnerGrants } from "../partner-grants.js";
import { fill } from "../strings.js";
import { type ListedPartner, listedPartners, manifestsOf, recordsOf } from "./grants-data.js";
import { englishGrantsStrings, type GrantsStrings } from "./grants-strings.js";
import { grantsStyles } from "./grants-styles.js";
import { grantsTemplate } from "./grants-template.js";

/** Milliseconds to wait for manifests before the list shows short names: what is slower takes its place when it comes. */
const patience = 2_000;

export type GrantsState = "loading" | "listed" | "error";

/** What `<partner-grants>` shows and does. */
export class GrantsList {
  readonly #element: PartnerGrants;
  #state: GrantsState = "loading";
  #records: readonly ConsentRecord[] = [];
  #urls: ReadonlyMap<string, string> = new Map();
  readonly #manifests = new Map<string, Manifest | null | undefined>();
  #user: string | null = null;
  #store: ConsentStore | null = null;
  #limit: VisibleLimit | null = null;
  #isPatient = true;
  /** What is being taken back, and what could not be saved: keys of records. */
  readonly #busy = new Set<string>();
  readonly #unsaved = new Set<string>();
  #announcement = "";
  /** The place of the button that had the focus, if what it stood for has gone. */
  #focus: number | null = null;
  /** Counts readings: an older one that comes late is not shown. */
  #reading = 0;
  #stops: (() => void)[] = [];
  #stopFollowing: (() => void) | null = null;
  /** Where something was taken back: open while the list is, for what could not be saved is withheld only that long. */
  readonly #books = new Map<string, OpenBook>();

  constructor(element: PartnerGrants) {
    this.#element = element;
    adoptStyles(element.renderRoot as ShadowRoot, [grantsStyles]);
  }

  start(): void {
    this.stop();
    this.#stops = [onPartnersConfig(() => this.#follow())];
    this.#follow();
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#leave();
  }

  render(): TemplateResult {
    const { headingLevel } = this.#element;
    return grantsTemplate({
      state: this.#state === "listed" && this.#isPatient && this.#isWaiting ? "loading" : this.#state,
      strings: this.#strings,
      locale: this.#locale,
      headingLevel: headingLevel >= 1 && headingLevel <= 6 ? headingLevel : 3,
      partners: this.#partners,
      announcement: this.#announcement,
      isBusy: (record) => this.#busy.has(keyOf(record)),
      isUnsaved: (partner) => partner.scopes.some(({ record }) => this.#unsaved.has(keyOf(record))),
      onRetry: () => this.#follow(),
      onRevoke: (partner, scopes) => void this.#revoke(partner, scopes),
    });
  }

  /** After each update of the element. */
  updated(): void {
    const store = storeOf(this.#element, partnersConfig());
    if (this.#stops.length > 0 && store !== this.#store) return this.#follow();
    if (this.#focus === null) return;
    const root = this.#element.renderRoot as ShadowRoot;
    const place = this.#focus;
    this.#focus = null;
    // The next button took the place and the focus of the one that went, unless it was the last.
    if (root.activeElement !== null) return;
    const buttons = root.querySelectorAll<HTMLElement>("button");
    (buttons[Math.min(place, buttons.length - 1)] ?? root.querySelector<HTMLElement>("[tabindex]"))?.focus();
  }

  /** Reads the records of whoever is signed in now, and follows their store. */
  #follow(): void {
    const before = [this.#store, this.#user];
    this.#leave();
    const config = partnersConfig();
    const store = storeOf(this.#element, config);
    this.#store = store;
    try {
      this.#user = config?.user?.() ?? null;
    } catch {
      return this.#show("error");
    }
    // What another user allowed must not be seen for a moment.
    if (before[0] !== store || before[1] !== this.#user || this.#state === "error") this.#show("loading");
    this.#stopFollowing = onRecords(store, () => void this.#read());
    this.#isPatient = true;
    this.#limit = new VisibleLimit(patience, () => {
      this.#isPatient = false;
      this.#element.requestUpdate();
    });
    void this.#read();
  }

  #leave(): void {
    this.#reading += 1;
    this.#limit?.stop();
    this.#stopFollowing?.();
    this.#stopFollowing = null;
    for (const { close } of this.#books.values()) close();
    this.#books.clear();
    this.#busy.clear();
    this.#unsaved.clear();
  }

  async #read(): Promise<void> {
    if (this.#stopFollowing === null) return;
    this.#reading += 1;
    const reading = this.#reading;
    const config = partnersConfig() ?? { partners: {} };
    try {
      const records =
        this.#user === null || this.#store === null ? [] : await recordsOf(this.#store, this.#user, config);
      if (reading !== this.#reading) return;
      this.#records = records;
    } catch {
      if (reading === this.#reading) this.#show("error");
      return;
    }
    this.#urls = manifestsOf(this.#records, config);
    for (const url of this.#urls.values()) this.#load(url);
    this.#keepFocus();
    this.#show("listed");
  }

  #load(url: string): void {
    // One that could not be had is asked for again with the next reading.
    if (this.#manifests.get(url) || (this.#manifests.has(url) && this.#manifests.get(url) === undefined)) return;
    this.#manifests.set(url, undefined);
    loadManifest(url).then(
      (manifest) => this.#onManifest(url, manifest),
      () => this.#onManifest(url, null),
    );
  }

  #onManifest(url: string, manifest: Manifest | null): void {
    this.#manifests.set(url, manifest);
    this.#element.requestUpdate();
  }

  get #isWaiting(): boolean {
    return [...this.#urls.values()].some((url) => this.#manifests.get(url) === undefined);
  }

  async #revoke(partner: ListedPartner, scopes: readonly string[]): Promise<void> {
    const { id, origin, pageName } = partner;
    const user = this.#user;
    const store = this.#store;
    if (user === null || store === null) return;
    const keys = scopes.map((scope) => keyOf({ partner: id, origin, scope }));
    const bookKey = keyOf({ partner: id, origin, scope: "" });
    const opened = this.#books.get(bookKey) ?? openBook(store, { partner: id, origin, user }, () => {});
    this.#books.set(bookKey, opened);
    for (const key of keys) this.#busy.add(key);
    // Before anything waits: open panels have lost the scopes when this returns.
    const removed = opened.book.remove(scopes);
    for (const scope of scopes) {
      const record = keepAudit(decided("ended", "CONSENT_REVOKED", scope), pageName, "");
      this.#element.dispatchEvent(new PartnerAuditEvent(record));
    }
    this.#element.requestUpdate();
    const isSaved = await removed.then(
      () => true,
      () => false,
    );
    for (const key of keys) {
      this.#busy.delete(key);
      if (isSaved) this.#unsaved.delete(key);
      else this.#unsaved.add(key);
    }
    this.#announcement = isSaved ? this.#revoked(partner, scopes) : this.#strings.grantsUnsaved;
    await this.#read();
  }

  #revoked(partner: ListedPartner, scopes: readonly string[]): string {
    const { grantsRevoked, grantsRevokedAll } = this.#strings;
    const title = partner.scopes.filter(({ record }) => scopes.includes(record.scope)).map((scope) => scope.title);
    const words = { partner: partner.name, title: title.join(", ") };
    return fill(scopes.length === partner.scopes.length ? grantsRevokedAll : grantsRevoked, words);
  }

  /** Remembers where the focus is, as what has it may go with the next update. */
  #keepFocus(): void {
    const root = this.#element.renderRoot as ShadowRoot;
    const place = [...root.querySelectorAll("button")].indexOf(root.activeElement as HTMLButtonElement);
    if (place >= 0) this.#focus = place;
  }

  #show(state: GrantsState): void {
    this.#state = state;
    if (state === "error") this.#announcement = this.#strings.grantsError;
    this.#element.requestUpdate();
  }

  get #partners(): readonly ListedPartner[] {
    return listedPartners(this.#records, this.#urls, this.#manifests, this.#locale);
  }

  get #strings(): GrantsStrings {
    const own = ownWords(this.#locale, () => this.#element.requestUpdate());
    return { ...englishGrantsStrings, ...own, ...partnersConfig()?.strings, ...this.#element.strings };
  }

  get #locale(): string {
    return localeOf(this.#element, this.#element.locale);
  }
}

function keyOf({ partner, origin, scope }: Pick<ConsentRecord, "partner" | "origin" | "scope">): string {
  return JSON.stringify([partner, origin, scope]);
}
