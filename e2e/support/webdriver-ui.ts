import { type Pick, type Surface, type Ui, waitLimit } from "./ui.js";
import { type ElementReference, elementId, type Send, WebDriverError } from "./webdriver.js";
import { isPassing, keyNamed, pause, WebDriverSession } from "./webdriver-session.js";

class WebDriverSurface implements Surface {
  protected readonly session: WebDriverSession;
  protected readonly window: string;
  readonly #frame: string | null;

  constructor(session: WebDriverSession, window: string, frame: string | null) {
    this.session = session;
    this.window = window;
    this.#frame = frame;
  }

  protected look<T>(action: () => Promise<T>): Promise<T> {
    return this.session.look(this.window, this.#frame, action);
  }

  protected in<T>(action: () => Promise<T>): Promise<T> {
    return this.session.in(this.window, this.#frame, action);
  }

  /** Tries until the element is there and can be used. */
  protected async retry<T>(what: string, attempt: () => Promise<T>, looking = false): Promise<T> {
    const deadline = Date.now() + waitLimit;
    for (;;) {
      try {
        return await (looking ? this.look(attempt) : this.in(attempt));
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (Date.now() > deadline)
          throw new Error(`${what}: not possible within ${waitLimit} ms`, {
            cause: error,
          });
        await pause(50);
      }
    }
  }

  async #found(css: string, pick?: Pick): Promise<ElementReference> {
    const found = (await this.session.find(css, pick))[0];
    if (!found) throw new WebDriverError("no such element", css);
    return found;
  }

  eval = ((fn: (argument: never) => unknown, ...given: unknown[]) =>
    this.retry("eval", () => this.session.script(fn, given), true)) as Surface["eval"];

  async click(css: string, pick?: Pick): Promise<void> {
    await this.retry(`click ${css} ${pick?.text ?? ""}`, async () => {
      const element = await this.#found(css, pick);
      const path = `/element/${elementId(element)}`;
      if (!(await this.session.send("GET", `${path}/enabled`))) throw new WebDriverError("invalid element state", css);
      await this.session.reveal(this.window, this.#frame, element);
      return this.session.send("POST", `${path}/click`);
    });
  }

  async fill(css: string, text: string): Promise<void> {
    await this.#write(css, text, (field) => {
      (field as HTMLInputElement).select();
    });
  }

  async type(css: string, text: string): Promise<void> {
    await this.#write(css, text, (field) => {
      const { length } = (field as HTMLInputElement).value;
      (field as HTMLInputElement).setSelectionRange(length, length);
    });
  }

  /**
   * WebDriver's own `clear` and `value` refuse a field in a shadow root (it is never `document.activeElement`) and in a
   * frame that nobody has clicked into; so this does what a person does: click into the field, then use the keyboard.
   */
  async #write(css: string, text: string, place: (field: Element) => void): Promise<void> {
    await this.click(css);
    await this.in(async () => {
      const field = (await this.session.find(css))[0];
      await this.session.script(place, [field]);
      await this.session.keys(text === "" ? [[keyNamed("Delete")]] : [...text].map((character) => [character]));
    });
  }

  async select(css: string, value: string): Promise<void> {
    await this.retry(`select ${value} in ${css}`, async () => {
      await this.#found(css);
      // An option has no box while its list is closed.
      const option = (await this.session.find(`${css} >> option[value="${value}"]`, {}, false))[0];
      if (!option) throw new WebDriverError("no such element", value);
      return this.session.send("POST", `/element/${elementId(option)}/click`);
    });
  }

  async text(css: string, pick?: Pick): Promise<string | null> {
    return this.#look(null, async () => {
      const found = (await this.session.find(css, pick, false))[0];
      return found
        ? // biome-ignore lint/performance/useDomNodeTextContent: what a person reads, not what is hidden.
          ((await this.session.script((element) => (element as HTMLElement).innerText, [found])) as string)
        : null;
    });
  }

  async visible(css: string, pick?: Pick): Promise<boolean> {
    return this.#look(false, async () => (await this.session.find(css, pick)).length > 0);
  }

  async #look<T>(nothing: T, action: () => Promise<T>): Promise<T> {
    try {
      return await this.look(action);
    } catch (error) {
      if (isPassing(error)) return nothing;
      throw error;
    }
  }
}

/** WebKitGTK. */
export class WebDriverUi extends WebDriverSurface implements Ui {
  readonly engine = "webkit";

  constructor(session: WebDriverSession, window: string) {
    super(session, window, null);
  }

  static async open(send: Send): Promise<WebDriverUi> {
    // As wide as Playwright's: else the pages are laid out as for a tablet.
    await send("POST", "/window/rect", { x: 0, y: 0, width: 1300, height: 980 });
    return new WebDriverUi(new WebDriverSession(send), (await send("GET", "/window")) as string);
  }

  async goto(url: string): Promise<void> {
    await this.in(() => this.session.send("POST", "/url", { url }));
  }

  async reload(): Promise<void> {
    await this.in(() => this.session.send("POST", "/refresh"));
  }

  async press(key: string): Promise<void> {
    await this.session.inWindow(this.window, () => this.session.keys([key.split("+").map(keyNamed)]));
  }

  frame(css: string): Surface {
    return new WebDriverSurface(this.session, this.window, css);
  }

  async #windows(): Promise<string[]> {
    return (await this.look(() => this.session.send("GET", "/window/handles"))) as string[];
  }

  async popup(action: () => Promise<void>): Promise<Ui> {
    const before = new Set(await this.#windows());
    await action();
    const deadline = Date.now() + waitLimit;
    for (;;) {
      const opened = (await this.#windows()).find((handle) => !before.has(handle));
      if (opened) return new WebDriverUi(this.session, opened);
      if (Date.now() > deadline) throw new Error(`no window opened within ${waitLimit} ms`);
      await pause(50);
    }
  }

  async newTab(): Promise<Ui> {
    // A window, not a tab: a tab in the background is throttled and not painted.
    const { handle } = (await this.in(() => this.session.send("POST", "/window/new", { type: "window" }))) as {
      handle: string;
    };
    return new WebDriverUi(this.session, handle);
  }

  async close(): Promise<void> {
    await this.in(() => this.session.send("DELETE", "/window"));
  }

  async url(): Promise<string> {
    return (await this.look(() => this.session.send("GET", "/url"))) as string;
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from((await this.look(() => this.session.send("GET", "/screenshot"))) as string, "base64");
  }

  async errors(): Promise<readonly string[]> {
    await this.look(async () => {});
    return this.session.errors;
  }
}
