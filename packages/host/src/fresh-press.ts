import type { Clock } from "@partner-panel/postmessage-rpc";

/** Milliseconds before a press counts: what was already under way when the question came up is over by then. */
const armingDelay = 500;

/**
 * Tells a press that was meant for what is on the screen now from one that was not: a click or key already under way (a double
 * click, a held Enter), or one that no person made.
 */
export class FreshPress {
  readonly #element: HTMLElement;
  readonly #clock: Clock;
  #disarm: (() => void) | null = null;
  #isArmed = false;
  /** Whether the press that is under way began too early, or is a key's repeat. */
  #isStale = false;

  constructor(element: HTMLElement, clock: Clock) {
    this.#element = element;
    this.#clock = clock;
    element.addEventListener("pointerdown", this.#onPress, true);
    element.addEventListener("keydown", this.#onPress, true);
  }

  /** Starts the delay anew. */
  rearm(): void {
    this.#disarm?.();
    this.#isArmed = false;
    this.#element.toggleAttribute("data-arming", true);
    this.#disarm = this.#clock.after(armingDelay, () => {
      this.#isArmed = true;
      this.#element.toggleAttribute("data-arming", false);
    });
  }

  /**
   * Whether this click counts. One without a press before it is what assistive technology makes, and counts once the delay is
   * over; a page's own `click()` is not trusted and never does.
   */
  isFresh(click: Event): boolean {
    return click.isTrusted && this.#isArmed && !this.#isStale;
  }

  stop(): void {
    this.#disarm?.();
    this.#isArmed = false;
    this.#element.removeEventListener("pointerdown", this.#onPress, true);
    this.#element.removeEventListener("keydown", this.#onPress, true);
  }

  readonly #onPress = (event: PointerEvent | KeyboardEvent): void => {
    if (!event.isTrusted) return;
    this.#isStale = !this.#isArmed || ("repeat" in event && event.repeat);
  };
}
