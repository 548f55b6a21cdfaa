/** Milliseconds for the manifest, without which there is no link. */
const patience = 5_000;

const english = {
  title: "This page is part of another product",
  text: "It is shown inside the product that it works with, and can do nothing here by itself.",
  open: "Open {name}",
  develop:
    "Developing? Put a <partner-panel> with this view on a page of your own, on a loopback name such as localhost.",
};
const arabic: typeof english = {
  title: "هذه الصفحة جزء من منتج آخر",
  text: "تُعرض داخل المنتج الذي تعمل معه، ولا يمكنها أن تفعل شيئًا هنا وحدها.",
  open: "فتح {name}",
  develop: "هل تطوّرها؟ ضع <partner-panel> مع هذه الصفحة في صفحة خاصة بك على اسم محلي مثل localhost.",
};

const styles = `
  :host { all: initial; display: block; color-scheme: light dark; }
  section { box-sizing: border-box; max-inline-size: 36rem; margin: 0 auto; padding: 3rem 1.5rem; color: light-dark(#1b1f27, #eceef2);
    background: light-dark(#fff, #1f2228); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
  h1 { margin: 0 0 0.5rem; font-size: 1.375rem; line-height: 1.3; }
  p { margin: 0 0 1rem; }
  .muted { color: light-dark(#586172, #a9b1be); font-size: 0.875rem; }
  a { color: light-dark(#2557d6, #8db0ff); font-weight: 600; }
`;

/**
 * Says, at the top of a view that was opened in a tab by itself, what it is, and leads to the partner's own page, which the manifest of the view's origin
 * names. What the view itself shows stays below.
 *
 * @param isDeveloping whether the view is on a loopback name.
 */
export async function showNotEmbedded(document: Document, isDeveloping: boolean): Promise<void> {
  const language = navigator.language.toLowerCase();
  const isArabic = /^ar\b/.test(language);
  const words = isArabic ? arabic : english;
  const place = document.createElement("div");
  place.lang = isArabic ? "ar" : "en";
  place.dir = isArabic ? "rtl" : "ltr";
  const root = place.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  root.adoptedStyleSheets = [sheet];
  const section = document.createElement("section");
  const add = <Name extends "h1" | "p" | "a">(name: Name, text: string, into: Element = section) => {
    const element = document.createElement(name);
    element.textContent = text;
    into.append(element);
    return element;
  };
  add("h1", words.title);
  add("p", words.text);
  const way = add("p", "");
  if (isDeveloping) add("p", words.develop).className = "muted";
  root.append(section);
  document.body.prepend(place);
  const page = await ownPage(language);
  if (page === null) return way.remove();
  add("a", words.open.replace("{name}", page.name), way).href = page.href;
}

/** The partner's own page, as the manifest of this origin has it. */
async function ownPage(language: string): Promise<{ name: string; href: string } | null> {
  try {
    const signal = AbortSignal.timeout(patience);
    const response = await fetch("/.well-known/partner-panel.json", { credentials: "omit", signal });
    const { name, surfaces } = (await response.json()) as { name: unknown; surfaces: { link: { entry: string } } };
    const { href, protocol } = new URL(surfaces.link.entry, location.origin);
    const text = textIn(name, language);
    return text === null || !/^https?:$/.test(protocol) ? null : { name: text, href };
  } catch {
    return null;
  }
}

/** A text of the manifest: one, or one for each language. */
function textIn(text: unknown, language: string): string | null {
  if (typeof text !== "object" || text === null) return typeof text === "string" ? text : null;
  const texts = new Map<string, unknown>(Object.entries(text));
  const found = texts.get(language) ?? texts.get(language.split("-")[0] ?? "") ?? texts.get("en");
  return typeof found === "string" ? found : null;
}
