import { html, raw } from "hono/html";
import type Provider from "oidc-provider";
import type { IdentitySettings } from "./settings.js";
import { readForm } from "./sign-in.js";
import { type Markup, show } from "./sign-in-pages.js";

/** Something to try out on a provider, as one button. */
export interface QaAction {
  readonly title: string;
  /** What it is good for. */
  readonly about: string;
  run(): Promise<void> | void;
}

export interface QaPage {
  /** What there is to see. */
  facts(): Promise<Markup>;
  /** By the name that an address chooses one by: `/qa?do=NAME`. */
  actions(): Promise<Readonly<Record<string, QaAction>>>;
}

/**
 * A provider's switches for QA, at `/qa`: made without a script, as the rest of its pages. `?do=NAME` shows one of the buttons first, and still wants
 * a press; a form of another site is refused.
 */
export function qaPage(provider: Provider, settings: IdentitySettings, page: QaPage): void {
  provider.use(async (context, next) => {
    const { method, path } = context;
    if (path !== "/qa") return next();
    const actions = await page.actions();
    if (method === "POST") {
      const chosen = (await readForm(context.req)).get("do") ?? "";
      const action = Object.hasOwn(actions, chosen) ? actions[chosen] : undefined;
      const isOwn = context.get("Origin") === settings.issuer;
      if (isOwn) await action?.run();
      context.status = isOwn && action ? 303 : 403;
      if (isOwn && action) context.redirect(`/qa?done=${encodeURIComponent(chosen)}`);
      return;
    }
    const wanted = context.query["do"];
    const done = String(context.query["done"] ?? "");
    const buttons = Object.entries(actions)
      .sort(([one], [other]) => Number(other === wanted) - Number(one === wanted))
      .map(
        ([name, { title, about }]) => html`<li>
          <button id="${name}" name="do" value="${name}" class="${name === wanted ? "wanted" : ""}" ${name === wanted ? raw("autofocus") : ""}>
            <span class="who"><strong>${title}</strong><span>${about}</span></span>
          </button>
        </li>`,
      );
    context.status = 200;
    context.set("Cache-Control", "no-store");
    await show(
      settings,
      context,
      "For QA",
      html`${done ? html`<p id="done" role="status">Done: ${actions[done]?.title ?? done}</p>` : ""}
        ${await page.facts()}
        <form method="post" action="/qa">
          <ul>
            ${buttons}
          </ul>
        </form>`,
    );
  });
}
