import type { BrowserContext, Frame, Request } from "@playwright/test";
import type { Addresses } from "../../demo/addresses.js";

/*
 * Looks for what must stay where it is: everything that a panel's sign-in hands out is learnt from the network, and then searched for wherever it could
 * have got to by mistake.
 */

/** What runs in every document before its own scripts: notes what goes through places that leave nothing behind. */
function note(): void {
  const page = window as unknown as { noted: { place: string; text: string }[] };
  page.noted = [];
  const noted = (place: string, what: unknown) => page.noted.push({ place, text: String(what) });
  addEventListener("message", ({ data, origin }) => {
    // What a window of the same origin says is no news to it, and the way of the code from the callback page to the frame.
    if (origin !== location.origin) noted("a window message", typeof data === "string" ? data : JSON.stringify(data));
  });
  addEventListener("error", ({ message, error }) =>
    noted("a thrown error", `${message} ${String((error as Error)?.stack)}`),
  );
  addEventListener("unhandledrejection", ({ reason }) =>
    noted("a thrown error", `${String(reason)} ${JSON.stringify(reason)}`),
  );
  addEventListener("partner-audit", (event) => noted("the audit log", JSON.stringify(Reflect.get(event, "record"))));
  addEventListener("partner-error", (event) =>
    noted("an error of the panel", JSON.stringify(Reflect.get(event, "error"))),
  );
  const { generateKey, exportKey } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.generateKey = function (...given: unknown[]) {
    noted("a key that is made", given[1] === true ? "extractable" : "not extractable");
    return Reflect.apply(generateKey, this, given) as never;
  };
  SubtleCrypto.prototype.exportKey = function (...given: unknown[]) {
    noted("a key that is exported", (given[1] as CryptoKey).type);
    return Reflect.apply(exportKey, this, given) as never;
  };
}

/** Everything that a document keeps: what it shows, and its storage. */
async function keptIn(): Promise<Record<string, string>> {
  const shown = (root: Document | ShadowRoot): string =>
    [...root.querySelectorAll("*")]
      .map((element) => {
        const own = [...element.attributes].map(({ name, value }) => `${name}=${value}`).join(" ");
        const value = element instanceof HTMLInputElement ? element.value : "";
        return `${own} ${value} ${element.shadowRoot ? shown(element.shadowRoot) : ""}`;
      })
      .join("\n") +
    (root.textContent ?? "") +
    (root instanceof Document ? root.documentElement.outerHTML : root.innerHTML);
  const databases: unknown[] = [];
  for (const { name = "" } of (await indexedDB.databases?.()) ?? []) {
    const opened = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(name);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    for (const store of opened.objectStoreNames) {
      databases.push(
        await new Promise((resolve) => {
          const all = opened.transaction(store).objectStore(store).getAll();
          all.onsuccess = () => resolve(all.result);
        }),
      );
    }
    opened.close();
  }
  const cached: string[] = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys())
      cached.push(request.url, (await (await cache.match(request))?.text()) ?? "");
  }
  return {
    "the address": location.href,
    "history state": JSON.stringify(history.state),
    "the window's name": window.name,
    localStorage: JSON.stringify({ ...localStorage }),
    sessionStorage: JSON.stringify({ ...sessionStorage }),
    IndexedDB: JSON.stringify(databases, (_key, value: unknown) => (value instanceof CryptoKey ? "a key" : value)),
    "the cache": cached.join("\n"),
    "a cookie": document.cookie,
    "the document": shown(document),
  };
}

export class Canary {
  /** By name; of one name there may be several. */
  readonly secrets: { name: string; text: string }[] = [];
  readonly #seen: { place: string; text: string }[] = [];
  readonly #context: BrowserContext;
  readonly #own: Pick<Addresses, "trackwell" | "trackwellId" | "desk">;
  readonly #reading: Promise<void>[] = [];

  private constructor(context: BrowserContext, own: Addresses) {
    this.#context = context;
    this.#own = own;
  }

  static async watch(context: BrowserContext, addresses: Addresses): Promise<Canary> {
    const canary = new Canary(context, addresses);
    await context.addInitScript(note);
    context.on("request", (request) => canary.#onRequest(request));
    context.on("requestfinished", (request) => canary.#reading.push(canary.#learn(request)));
    context.on("console", (message) => canary.#seen.push({ place: "a console", text: message.text() }));
    context.on("weberror", (error) =>
      canary.#seen.push({ place: "a thrown error", text: String(error.error().stack) }),
    );
    return canary;
  }

  /** Something else to look into. */
  look(place: string, text: string): void {
    this.#seen.push({ place, text });
  }

  #onRequest(request: Request): void {
    const url = new URL(request.url());
    const referrer = request.headers()["referer"] ?? "";
    this.#seen.push({ place: "a referrer", text: referrer });
    const code = url.searchParams.get("code");
    // That is the code's way: from the provider, by the window's address, to the callback page.
    if (code !== null && `${url.origin}${url.pathname}` === `${this.#own.trackwell}/panel/callback`) {
      this.secrets.push({ name: "code", text: code });
      return;
    }
    this.#seen.push({ place: "a request's address", text: request.url() });
  }

  async #learn(request: Request): Promise<void> {
    const { trackwellId, desk } = this.#own;
    const endpoints = [`${trackwellId}/token`, `${desk}/panel/assertion`, `${desk}/panel/exchange`];
    if (request.method() !== "POST" || !endpoints.includes(request.url())) return;
    const answer = (await (await request.response())?.json()) as Record<string, unknown>;
    for (const name of ["access_token", "refresh_token", "id_token", "assertion"]) {
      if (typeof answer[name] === "string") this.secrets.push({ name, text: answer[name] });
    }
  }

  /** Which kind of secret is in which place, each once. */
  async search(): Promise<string[]> {
    await Promise.all(this.#reading);
    const seen = [...this.#seen];
    for (const page of this.#context.pages()) {
      const session = await this.#context.newCDPSession(page);
      const { entries } = await session.send("Page.getNavigationHistory");
      await session.detach();
      seen.push({ place: "the history", text: JSON.stringify(entries) });
      for (const frame of page.frames()) seen.push(...(await kept(frame)));
    }
    seen.push({ place: "a cookie", text: JSON.stringify(await this.#context.cookies()) });
    const found = seen.flatMap(({ place, text }) =>
      this.secrets.filter((secret) => holds(text, secret.text)).map(({ name }) => `${name} in ${place}`),
    );
    return [...new Set(found)].toSorted();
  }

  /** What documents did with keys. */
  async keys(): Promise<string[]> {
    const noted: string[] = [];
    for (const page of this.#context.pages())
      for (const frame of page.frames())
        for (const { place, text } of await notedIn(frame))
          if (place.startsWith("a key")) noted.push(`${place}: ${text}`);
    return [...new Set(noted)].toSorted();
  }
}

const notedIn = (frame: Frame) =>
  frame.evaluate(() => (window as unknown as { noted?: { place: string; text: string }[] }).noted ?? []);

async function kept(frame: Frame): Promise<{ place: string; text: string }[]> {
  const places = Object.entries(await frame.evaluate(keptIn)).map(([place, text]) => ({ place, text }));
  return [...places, ...(await notedIn(frame))];
}

/** The whole, or, of a JWT, its signature alone. */
function holds(text: string, secret: string): boolean {
  return (
    text.includes(secret) ||
    (secret.split(".").length === 3 && text.includes(secret.slice(secret.lastIndexOf(".") + 1)))
  );
}
