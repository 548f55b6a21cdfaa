import { type Manifest, textFor, visibleText } from "@partner-panel/manifest";
import { manifestUrlOf, type PartnersConfig } from "../config.js";
import type { ConsentRecord, ConsentStore } from "../consent/consent-store.js";
import { loadManifest } from "../manifests/manifest-loader.js";

/** One scope that a user said yes to, in words. */
export interface ListedScope {
  readonly record: ConsentRecord;
  readonly title: string;
  readonly reason: string | null;
}

/** One partner and what it may do. */
export interface ListedPartner {
  /** The manifest's `id`. */
  readonly id: string;
  readonly origin: string;
  /** What users read; the `id` while there is no manifest. */
  readonly name: string;
  /** What the page calls it; its `id` where the page names it no more. */
  readonly pageName: string;
  /** Whether its manifest could not be had, so that scopes stand by their short names. */
  readonly isUnreachable: boolean;
  readonly scopes: readonly ListedScope[];
}

/** Manifests by address: undefined while one is on its way, null where it could not be had. */
export type Manifests = ReadonlyMap<string, Manifest | null | undefined>;

/**
 * All records of a user. A store that cannot list them by user is asked about each partner whose manifest can be had.
 * Rejects with what the store throws.
 */
export async function recordsOf(
  store: ConsentStore,
  user: string,
  config: PartnersConfig,
): Promise<readonly ConsentRecord[]> {
  if (store.listAll !== undefined) return await store.listAll(user);
  const manifests = await Promise.all(
    Object.keys(config.partners).map((name) => loadManifest(manifestUrlOf(config, name) ?? "").catch(() => null)),
  );
  const subjects = manifests.flatMap((manifest) =>
    manifest === null ? [] : [{ partner: manifest.id, origin: manifest.origin, user }],
  );
  return (await Promise.all(subjects.map((subject) => store.list(subject)))).flat();
}

/** The addresses of the manifests that these records could be about, by the names that the page gives them. */
export function manifestsOf(records: readonly ConsentRecord[], config: PartnersConfig): ReadonlyMap<string, string> {
  const origins = new Set(records.map(({ origin }) => origin));
  const found = new Map<string, string>();
  for (const name of Object.keys(config.partners)) {
    const url = manifestUrlOf(config, name);
    // A manifest is refused unless it is served from the origin that it declares.
    if (url !== undefined && origins.has(new URL(url).origin)) found.set(name, url);
  }
  return found;
}

/** The records as a list to read: partners by name, scopes in their manifest's order. */
export function listedPartners(
  records: readonly ConsentRecord[],
  urls: ReadonlyMap<string, string>,
  manifests: Manifests,
  locale: string,
): readonly ListedPartner[] {
  const groups = new Map<string, ConsentRecord[]>();
  for (const record of records) {
    const key = JSON.stringify([record.partner, record.origin]);
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const partners = [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : listed(first, group, urls, manifests, locale);
  });
  const order = new Intl.Collator(usableLocale(locale));
  return partners.sort((a, b) => order.compare(a.name, b.name) || (a.origin < b.origin ? -1 : 1));
}

/** The locale as `Intl` takes it, or undefined for the browser's own: a page's `lang` may be no language, as `en_US`. */
export function usableLocale(locale: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(locale)[0];
  } catch {
    return undefined;
  }
}

function listed(
  { partner: id, origin }: ConsentRecord,
  records: readonly ConsentRecord[],
  urls: ReadonlyMap<string, string>,
  manifests: Manifests,
  locale: string,
): ListedPartner {
  const [pageName, url] =
    [...urls].find(([, each]) => manifests.get(each)?.id === id && new URL(each).origin === origin) ?? [];
  const manifest = url === undefined ? undefined : manifests.get(url);
  const order = Object.keys(manifest?.scopes ?? {});
  const place = (scope: string) => (order.includes(scope) ? order.indexOf(scope) : order.length);
  return {
    id,
    origin,
    name: manifest ? textFor(manifest.name, locale) : visibleText(id),
    pageName: pageName ?? id,
    isUnreachable: !manifest && ![...urls.values()].some((each) => manifests.get(each) === undefined),
    scopes: [...records]
      .sort((a, b) => place(a.scope) - place(b.scope) || (a.scope < b.scope ? -1 : 1))
      .map((record) => {
        const asked =
          manifest && Object.hasOwn(manifest.scopes, record.scope) ? manifest.scopes[record.scope] : undefined;
        return {
          record,
          title: asked === undefined ? visibleText(record.scope) : textFor(asked.title, locale),
          reason: asked?.reason === undefined ? null : textFor(asked.reason, locale),
        };
      }),
  };
}
