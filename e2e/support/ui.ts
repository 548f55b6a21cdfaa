import type { engines } from "../../scripts/browsers.mjs";

export type Engine = (typeof engines)[number];

/**
 * What a user story does with a page, and no more: one vocabulary with two implementations (Playwright, and W3C
 * WebDriver for WebKitGTK), so that the same story runs in all three engines.
 *
 * Selectors are CSS and look through open shadow roots; `a >> b` searches for `b` inside what matched `a`, across shadow
 * boundaries. `click`, `fill`, `type` and `select` wait for a visible, enabled element, and fail after `waitLimit` with
 * the selector in the message. `text` and `visible` look once and do not wait: poll them (`expect.poll`).
 */
export interface Surface {
  /** Runs `fn` in the page's or frame's own world with one JSON argument; its result must be JSON. A promise is awaited. */
  eval<Result, Argument = undefined>(
    fn: (argument: Argument) => Result | Promise<Result>,
    ...argument: Argument extends undefined ? [] : [Argument]
  ): Promise<Result>;
  /** A trusted click with the mouse. */
  click(css: string, options?: Pick): Promise<void>;
  /** Replaces the value of an input or text area. */
  fill(css: string, text: string): Promise<void>;
  /** Puts the caret into an element and types on the keyboard, after what is already there. */
  type(css: string, text: string): Promise<void>;
  /** Picks an option of a `<select>` by its value. */
  select(css: string, value: string): Promise<void>;
  /** The rendered text of the first match, or null while there is none. */
  text(css: string, options?: Pick): Promise<string | null>;
  /** Whether a visible match exists now. */
  visible(css: string, options?: Pick): Promise<boolean>;
}

export interface Ui extends Surface {
  readonly engine: Engine;
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Presses a key in whatever has the focus, frames included: `Enter`, `Tab`, `Shift+Tab`, `a`. */
  press(key: string): Promise<void>;
  /** The document in a frame. `css` names the iframe, or an element with the iframe in its open shadow root. */
  frame(css: string): Surface;
  /** The window that `action` opens. */
  popup(action: () => Promise<void>): Promise<Ui>;
  /** Another tab of the same person: same cookies, same storage. */
  newTab(): Promise<Ui>;
  close(): Promise<void>;
  /** The current address of the top page. */
  url(): Promise<string>;
  screenshot(): Promise<Buffer>;
  /**
   * What went wrong in the page by itself so far: uncaught errors, unhandled rejections, violations of its
   * Content-Security-Policy. WebDriver has no script that runs before a page's own: in WebKit it sees what happens
   * after the story's first look at a document.
   */
  errors(): Promise<readonly string[]>;
}

export interface Pick {
  /** Only elements whose text contains this. */
  text?: string;
}

/** How long an action waits for its element, in milliseconds. Generous: it is a limit, not a wait. */
export const waitLimit = 10_000;
