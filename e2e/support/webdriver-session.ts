import type { Pick } from "./ui.js";
import { type ElementReference, isElement, type Send, WebDriverError } from "./webdriver.js";

/** Runs in the page: selectors that look through open shadow roots, as Playwright's do. */
function findInPage(css: string, text: string | null, visibleOnly: boolean): Element[] {
  const within = (root: Document | Element): Element[] => {
    const found: Element[] = [];
    const walk = (node: ParentNode) => {
      found.push(...node.querySelectorAll(parts[0] as string));
      for (const element of node.querySelectorAll("*")) if (element.shadowRoot) walk(element.shadowRoot);
    };
    if (root instanceof Element && root.shadowRoot) walk(root.shadowRoot);
    walk(root);
    return found;
  };
  const words = (node: Node): string =>
    node instanceof Element && node.shadowRoot
      ? words(node.shadowRoot) + [...node.childNodes].map(words).join("")
      : node.nodeType === Node.TEXT_NODE
        ? (node.textContent ?? "")
        : [...node.childNodes].map(words).join("");
  const plain = (value: string) => value.replace(/\s+/g, " ").toLowerCase();
  let elements: (Document | Element)[] = [document];
  const parts = css.split(">>").map((part) => part.trim());
  for (; parts.length > 0; parts.shift()) elements = elements.flatMap(within);
  return (elements as Element[]).filter((element) => {
    if (text !== null && !plain(words(element)).includes(plain(text))) return false;
    if (!visibleOnly) return true;
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility === "visible";
  });
}

/** Runs in the page: begins to collect what goes wrong there, and hands over what was collected since the last time. */
function watchInPage(): string[] {
  const key = Symbol.for("e2e.errors");
  const page = window as unknown as Record<symbol, string[] | undefined>;
  const collected = page[key];
  if (collected) return collected.splice(0);
  const errors: string[] = [];
  page[key] = errors;
  addEventListener("error", (event) => errors.push(String(event.error ?? event.message)));
  addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
  addEventListener("securitypolicyviolation", (event) =>
    errors.push(`[violation] ${event.effectiveDirective}: ${event.blockedURI} at ${location.href}`),
  );
  return [];
}

/** https://www.w3.org/TR/webdriver2/#keyboard-actions */
const keyCodes: Record<string, string> = {
  Enter: "\uE007",
  Tab: "\uE004",
  Escape: "\uE00C",
  Space: " ",
  Backspace: "\uE003",
  Delete: "\uE017",
  Shift: "\uE008",
  Control: "\uE009",
  Alt: "\uE00A",
  Meta: "\uE03D",
  ArrowLeft: "\uE012",
  ArrowUp: "\uE013",
  ArrowRight: "\uE014",
  ArrowDown: "\uE015",
  End: "\uE010",
  Home: "\uE011",
  F6: "\uE036",
};

export const keyNamed = (name: string) => keyCodes[name] ?? name;

/** A state of the page that passes: the next look may find it otherwise. */
const passing = new Set([
  "no such element",
  "stale element reference",
  "detached shadow root",
  "element not interactable",
  "element click intercepted",
  "no such frame",
  "invalid element state",
]);
export const isPassing = (error: unknown) => error instanceof WebDriverError && passing.has(error.code);
export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs in the page or frame: resolves when an element has stopped to move, by two pictures in a row. */
async function settled(element: Element): Promise<void> {
  element.scrollIntoView({ block: "center", behavior: "instant" });
  for (let last = ""; ; ) {
    await new Promise(requestAnimationFrame);
    const { x, y, width, height } = element.getBoundingClientRect();
    const now = [x, y, width, height, innerWidth, innerHeight].join();
    if (now === last || !element.isConnected) return;
    last = now;
  }
}

/** Runs in a frame: the height of an element's centre in it, or null if a person can see half of it. */
async function centreIfHidden(element: Element): Promise<number | null> {
  const seen = await new Promise<number>((resolve) => {
    const observer = new IntersectionObserver((entries) => {
      observer.disconnect();
      resolve(entries[0]?.intersectionRatio ?? 0);
    });
    observer.observe(element);
  });
  const { top, height } = element.getBoundingClientRect();
  return seen > 0.5 ? null : top + height / 2;
}

/** Runs in the page. */
function scrollFrameTo(frame: Element, y: number): void {
  scrollBy({ top: frame.getBoundingClientRect().top + y - innerHeight / 2, behavior: "instant" });
}

/** Runs in the page: whether the keyboard goes to an element of its own, and not to a frame. */
function keyboardIsInPage(): boolean {
  let active = document.activeElement;
  while (active?.shadowRoot) active = active.shadowRoot.activeElement;
  return document.hasFocus() && active !== null && active !== document.body && active.localName !== "iframe";
}

/** Runs in the page: gives the keyboard back to a frame, unless something in the page has taken it meanwhile. */
function giveToFrame(frame: HTMLElement): void {
  const active = document.activeElement;
  if (active === null || active === document.body || active === frame) frame.focus({ preventScroll: true });
}

/**
 * One WebDriver session has one current window and frame, and takes one command at a time.
 *
 * In WebKitGTK a switch to a frame, or back to the page, also gives it the keyboard, as no person would. So a switch is
 * made only where it must be, and after one that was made only to look the keyboard is given back to who had it.
 */
export class WebDriverSession {
  readonly send: Send;
  /** See `Ui.errors`. */
  readonly errors: string[] = [];
  #window: string | null = null;
  #frame: string | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(send: Send) {
    this.send = send;
  }

  /** Runs `action` in a window, or in the frame that `frame` names there, after what was asked for before. */
  in<T>(window: string, frame: string | null, action: () => Promise<T>): Promise<T> {
    return this.#queue(() => this.#inside(window, frame, action));
  }

  /** The same, leaving the keyboard where it was. */
  look<T>(window: string, frame: string | null, action: () => Promise<T>): Promise<T> {
    return this.#queue(async () => {
      const from = this.#frame;
      if (this.#window !== window || from === frame) return this.#inside(window, frame, action);
      if (from === null) {
        const inPage = await this.script(keyboardIsInPage, []);
        const seen = await this.#inside(window, frame, action);
        if (inPage) await this.script(() => parent.focus(), []);
        return seen;
      }
      const inFrame = await this.#inside(window, from, () => this.script(() => document.hasFocus(), [])).catch(
        () => false,
      );
      return this.#inside(window, frame, async () => {
        if (inFrame && frame === null) {
          const iframe = await this.#iframe(from).catch(() => null);
          if (iframe) await this.script(giveToFrame, [iframe]);
        }
        return action();
      });
    });
  }

  /** Runs `action` in a window, in whichever of its frames is current. */
  inWindow<T>(window: string, action: () => Promise<T>): Promise<T> {
    return this.#queue(() => (this.#window === window ? action() : this.#inside(window, null, action)));
  }

  #queue<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#last.then(run, run);
    this.#last = next.catch(() => {});
    return next;
  }

  async #inside<T>(window: string, frame: string | null, action: () => Promise<T>): Promise<T> {
    if (this.#window === window && this.#frame === frame) {
      try {
        await this.#watch();
        return await action();
      } catch (error) {
        // The window's document or the frame was replaced since: find it again.
        if (!(error instanceof WebDriverError && /^no such (frame|window)$/.test(error.code))) throw error;
      }
    }
    this.#window = null;
    await this.send("POST", "/window", { handle: window });
    await this.send("POST", "/frame", { id: null });
    await this.#watch();
    if (frame !== null) {
      await this.send("POST", "/frame", { id: await this.#iframe(frame) });
      await this.#watch();
    }
    this.#window = window;
    this.#frame = frame;
    return action();
  }

  /**
   * Waits until an element stands still, and scrolls the page until it can be seen: WebDriver scrolls a frame's own document
   * and no further, and would click at a place outside of the window.
   */
  async reveal(window: string, frame: string | null, element: ElementReference): Promise<void> {
    await this.script(settled, [element]);
    if (frame === null) return;
    const y = (await this.script(centreIfHidden, [element])) as number | null;
    if (y === null) return;
    await this.#inside(window, null, async () => this.script(scrollFrameTo, [await this.#iframe(frame), y]));
    await this.#inside(window, frame, () => this.script(settled, [element]));
  }

  async #iframe(css: string): Promise<ElementReference> {
    const named = (await this.find(css, {}, false))[0];
    const iframe =
      named &&
      (await this.script(
        (element: Element) =>
          element.localName === "iframe" ? element : (element.shadowRoot?.querySelector("iframe") ?? null),
        [named],
      ));
    if (!isElement(iframe)) throw new WebDriverError("no such frame", css);
    return iframe;
  }

  async #watch(): Promise<void> {
    this.errors.push(...((await this.script(watchInPage, [])) as string[]));
  }

  script(fn: (...given: never[]) => unknown, args: readonly unknown[]): Promise<unknown> {
    return this.send("POST", "/execute/sync", {
      script: `return (${fn}).apply(null, arguments)`,
      args,
    });
  }

  /** Presses chords one after another, each a list of keys held together. */
  async keys(chords: readonly (readonly string[])[]): Promise<void> {
    const actions = chords.flatMap((chord) => [
      ...chord.map((value) => ({ type: "keyDown", value })),
      ...chord.toReversed().map((value) => ({ type: "keyUp", value })),
    ]);
    await this.send("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  async find(css: string, pick: Pick = {}, visibleOnly = true): Promise<ElementReference[]> {
    return (await this.script(findInPage, [css, pick.text ?? null, visibleOnly])) as ElementReference[];
  }
}
