import { systemClock } from "@partner-panel/postmessage-rpc";
import { rememberedHeight, rememberHeight } from "./remembered-heights.js";

/** CSS pixels, where nobody says otherwise. */
const defaultHeight = 150;
/** Milliseconds from a change of height until it is remembered: a view that grows line by line is written down once. */
const settling = 250;

/** What a panel's height depends on, as it is by then. */
interface Sources {
  /** The element's attributes; 0 or less: not said. */
  readonly given: () => { readonly minHeight: number; readonly maxHeight: number };
  /** By the page's own names. */
  readonly named: () => { readonly partner: string; readonly view: string };
  readonly onResize: (height: number) => void;
}

/**
 * The height of one panel. What lies below it moves once, when the view is revealed, and not at all where the height was known: from this view's
 * last showing on this page or before, or from a manifest that is there before anything is painted. Until then the panel
 * keeps that place, whatever the frame does behind its cover.
 */
export class PanelHeight {
  readonly #sources: Sources;
  #frame: HTMLIFrameElement | null = null;
  /** The box of frame and cover. */
  #box: HTMLElement | null = null;
  #height = 0;
  /** What the view last said; 0: nothing yet. */
  #reported = 0;
  #reserved = 0;
  #isShown = false;
  #hasPainted = false;
  /** What the manifest says; undefined: nothing, or it is not known. */
  #hint: number | undefined;
  #stopSettling: (() => void) | null = null;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** The panel begins: a place is kept for it from the first paint on. */
  begin(): void {
    this.#isShown = false;
    this.#hasPainted = false;
    requestAnimationFrame(() => {
      this.#hasPainted = true;
    });
    this.#reserveKnown();
  }

  /** The element has rendered. */
  onRender(box: HTMLElement | null): void {
    if (box === this.#box) return;
    this.#box = box;
    this.#reserveKnown();
  }

  /** The manifest came, and says so much. */
  onHint(minHeight: number | undefined): void {
    this.#hint = minHeight;
    if (!this.#hasPainted && this.#reserved <= 0) this.#reserve(this.#bounds.min);
  }

  /** The frame, before it is inserted. */
  onFrame(frame: HTMLIFrameElement): void {
    this.#frame = frame;
    this.#reported = 0;
    // A panel shown before keeps its height, so that nothing below it moves.
    this.#height = this.#within(this.#height || this.#reserved);
    frame.style.blockSize = `${this.#height}px`;
  }

  /** The view is this high, as it says. */
  onSize(reported: number): void {
    this.#reported = reported;
    this.#follow(reported);
  }

  #follow(reported: number): void {
    const height = frameHeight(reported, this.#height, this.#bounds);
    if (height === null || this.#frame === null) return;
    this.#height = height;
    this.#frame.style.blockSize = `${height}px`;
    this.#sources.onResize(height);
    this.#settle();
  }

  /** The attributes changed: the view says nothing anew, as its content is what it was. */
  onBounds(): void {
    this.#follow(this.#reported || this.#height);
  }

  /** The view is seen, or its cover is. */
  setShown(isShown: boolean): void {
    if (isShown === this.#isShown) return;
    this.#isShown = isShown;
    if (!isShown) this.#reserved = this.#height;
    this.#apply();
    this.#stopSettling?.();
    this.#remember();
  }

  /** The frame goes. */
  end(): void {
    this.#stopSettling?.();
    this.#frame = null;
  }

  #reserveKnown(): void {
    const width = this.#box?.clientWidth ?? 0;
    const { partner, view } = this.#sources.named();
    const remembered = this.#height === 0 && width > 0 ? rememberedHeight({ partner, view, width }) : null;
    this.#reserve(this.#height || (remembered ?? this.#sources.given().minHeight));
  }

  #reserve(height: number): void {
    this.#reserved = Math.min(height, this.#bounds.max);
    this.#apply();
  }

  #apply(): void {
    const reserved = this.#isShown || this.#reserved <= 0 ? "" : `${this.#reserved}px`;
    if (this.#box === null) return;
    this.#box.style.minBlockSize = reserved;
    // For a window, which may be lower than that.
    this.#box.style.setProperty("--_reserved", reserved);
  }

  #settle(): void {
    this.#stopSettling?.();
    this.#stopSettling = systemClock.after(settling, () => this.#remember());
  }

  #remember(): void {
    // None where it is not rendered.
    const width = this.#box?.clientWidth ?? 0;
    const { partner, view } = this.#sources.named();
    if (this.#isShown && width > 0) rememberHeight({ partner, view, width }, this.#height);
  }

  #within(height: number): number {
    const { min, max } = this.#bounds;
    return Math.min(Math.max(height, min), max);
  }

  get #bounds(): { min: number; max: number } {
    const { minHeight, maxHeight } = this.#sources.given();
    const max = maxHeight > 0 ? maxHeight : Number.POSITIVE_INFINITY;
    // What the manifest asks for is capped by what the host gives.
    return { min: minHeight > 0 ? minHeight : Math.min(this.#hint ?? defaultHeight, max), max };
  }
}

/** A shrink of this many CSS pixels or less is ignored: it is rounding, and following it could go on for ever. */
const slack = 4;

/** The height a frame gets for the height its view reports, all in CSS pixels; null: leave it as it is. */
export function frameHeight(
  reported: number,
  now: number,
  bounds: { readonly min: number; readonly max: number },
): number | null {
  const wanted = Math.max(bounds.min, Math.min(Math.ceil(reported), bounds.max));
  return wanted === now || (wanted < now && now - wanted <= slack && now <= bounds.max) ? null : wanted;
}
