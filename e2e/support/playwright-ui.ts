import type { BrowserContext, ElementHandle, Frame, FrameLocator, Locator, Page } from "@playwright/test";
import { type Engine, type Pick, type Surface, type Ui, waitLimit } from "./ui.js";

/** What a page reports about itself, through the console: the one channel that works in every frame of every engine. */
const violationMark = "[violation]";

/** Runs in every document before its own scripts. */
const reportViolations = (mark: string) => {
  addEventListener("securitypolicyviolation", (event) => {
    console.error(`${mark} ${event.effectiveDirective}: ${event.blockedURI} at ${document.location.href}`);
  });
};

/** Collects from all pages of a context, those it opens later included. */
export async function watchContext(context: BrowserContext): Promise<string[]> {
  const errors: string[] = [];
  context.on("weberror", (error) => errors.push(`${error.error().stack ?? error.error().message}`));
  context.on("console", (message) => {
    if (message.type() === "error" && message.text().startsWith(violationMark)) errors.push(message.text());
  });
  await context.addInitScript(reportViolations, violationMark);
  return errors;
}

abstract class PlaywrightSurface implements Surface {
  protected abstract root(): Page | FrameLocator;
  abstract eval: Surface["eval"];

  protected one(css: string, pick?: Pick): Locator {
    return this.#every(css, pick).filter({ visible: true }).first();
  }

  #every(css: string, pick?: Pick): Locator {
    return this.root().locator(css, pick?.text === undefined ? {} : { hasText: pick.text });
  }

  click(css: string, pick?: Pick): Promise<void> {
    return this.one(css, pick).click({ timeout: waitLimit });
  }

  fill(css: string, text: string): Promise<void> {
    return this.one(css).fill(text, { timeout: waitLimit });
  }

  type(css: string, text: string): Promise<void> {
    return this.one(css).pressSequentially(text, { timeout: waitLimit });
  }

  async select(css: string, value: string): Promise<void> {
    await this.one(css).selectOption(value, { timeout: waitLimit });
  }

  async text(css: string, pick?: Pick): Promise<string | null> {
    // Not innerText(): that waits. allInnerTexts() looks once.
    return (await orNothing(this.#every(css, pick).allInnerTexts()))?.[0] ?? null;
  }

  async visible(css: string, pick?: Pick): Promise<boolean> {
    return ((await orNothing(this.#every(css, pick).filter({ visible: true }).count())) ?? 0) > 0;
  }
}

/** A look at a document that is just being replaced found nothing; the caller polls. */
async function orNothing<T>(look: Promise<T>): Promise<T | null> {
  try {
    return await look;
  } catch (error) {
    if (/navigation|detached|destroyed|Failed to find frame|no such frame/i.test(String(error))) return null;
    throw error;
  }
}

class PlaywrightFrame extends PlaywrightSurface {
  readonly #page: Page;
  readonly #css: string;

  constructor(page: Page, css: string) {
    super();
    this.#page = page;
    this.#css = css;
  }

  #iframe(): Locator {
    const named = this.#page.locator(this.#css);
    return named.and(this.#page.locator("iframe")).or(named.locator("iframe")).first();
  }

  protected root(): FrameLocator {
    return this.#iframe().contentFrame();
  }

  override async click(css: string, pick?: Pick): Promise<void> {
    // As a person would have it. A tab behind another draws nothing, and Chromium sends a press to where its frame once was.
    await this.#page.bringToFront();
    await this.#standsStill(this.one(css, pick));
    await super.click(css, pick);
  }

  /**
   * A panel's frame grows with its content. Playwright waits until what it presses stands still in its frame, not until the frame
   * does in the page: a press that meets a growing frame lands beside.
   */
  async #standsStill(target: Locator): Promise<void> {
    const deadline = Date.now() + waitLimit;
    for (let before = "", now = "?"; now !== before; ) {
      if (Date.now() > deadline) throw new Error(`${target} never stands still in the page`);
      before = now;
      await this.#page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
      );
      now = JSON.stringify(await target.boundingBox({ timeout: waitLimit }));
    }
  }

  eval = (async (fn: (argument: unknown) => unknown, argument?: unknown) => {
    const element = (await this.#iframe().elementHandle({
      timeout: waitLimit,
    })) as ElementHandle;
    const frame: Frame | null = await element.contentFrame();
    if (!frame) throw new Error(`${this.#css} is no frame`);
    return frame.evaluate(fn, argument);
  }) as Surface["eval"];
}

export class PlaywrightUi extends PlaywrightSurface implements Ui {
  readonly page: Page;
  readonly engine: Engine;
  readonly #errors: readonly string[];

  constructor(page: Page, engine: Engine, errors: readonly string[]) {
    super();
    this.page = page;
    this.engine = engine;
    this.#errors = errors;
  }

  protected root(): Page {
    return this.page;
  }

  eval = ((fn: (argument: unknown) => unknown, argument?: unknown) =>
    this.page.evaluate(fn, argument)) as Surface["eval"];

  /** Where a press or a redirect led first is let load: Firefox's driver takes that page, while it loads, for an interruption of where it is sent next. */
  async goto(url: string): Promise<void> {
    if (this.engine === "firefox") await this.page.waitForLoadState("load", { timeout: waitLimit });
    await this.page.goto(url);
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  press(key: string): Promise<void> {
    return this.page.keyboard.press(key);
  }

  frame(css: string): Surface {
    return new PlaywrightFrame(this.page, css);
  }

  async popup(action: () => Promise<void>): Promise<Ui> {
    const [page] = await Promise.all([this.page.waitForEvent("popup", { timeout: waitLimit }), action()]);
    return new PlaywrightUi(page, this.engine, this.#errors);
  }

  async newTab(): Promise<Ui> {
    return new PlaywrightUi(await this.page.context().newPage(), this.engine, this.#errors);
  }

  close(): Promise<void> {
    return this.page.close();
  }

  async url(): Promise<string> {
    return this.page.url();
  }

  screenshot(): Promise<Buffer> {
    return this.page.screenshot();
  }

  async errors(): Promise<readonly string[]> {
    return this.#errors;
  }
}
