import type { Clock } from "@partner-panel/postmessage-rpc";

/** Milliseconds before a press counts: what was already under way when the question came up is over by then. */
const armingDelay = 500;

/** Milliseconds within which the click of a press comes after its release: on a touch screen, where two taps zoom, the longest. */
const clickDelay = 300;

const releases = ["keyup", "pointerup", "pointercancel"] as const;

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
  /** Keeps a press that was let go from being forgotten. */
  #remember: (() => void) | null = null;

  constructor(element: HTMLElement, clock: Clock) {
    this.#element = element;
    this.#clock = clock;
    element.addEventListener("pointerdown", this.#onPress, true);
    element.addEventListener("keydown", this.#onPress, true);
    // On the window: what is pressed here may be let go anywhere.
    for (const name of releases) window.addEventListener(name, this.#onRelease, true);
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
    this.#remember?.();
    this.#isArmed = false;
    this.#element.removeEventListener("pointerdown", this.#onPress, true);
    this.#element.removeEventListener("keydown", this.#onPress, true);
    for (const name of releases) window.removeEventListener(name, this.#onRelease, true);
  }

  readonly #onPress = (event: PointerEvent | KeyboardEvent): void => {
    if (!event.isTrusted) return;
    this.#remember?.();
    this.#isStale = !this.#isArmed || ("repeat" in event && event.repeat);
  };

  /** Once its click must have come a press is over, or a Tab that was too early would stand against what has no press before it. */
  readonly #onRelease = (event: Event): void => {
    if (!event.isTrusted) return;
    this.#remember?.();
    this.#remember = this.#clock.after(clickDelay, () => {
      this.#isStale = false;
    });
  };
}
