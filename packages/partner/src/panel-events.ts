/**
 * What a view hears of its host beside context and looks. A listener may answer, at once or with a promise; what it answers counts where
 * that is said here, and then only `false` does.
 */
export interface PanelEventMap {
  /** The panel is out of sight: pause what nobody sees, such as polling, animations, video. Calls still work. */
  suspend: Readonly<Record<never, never>>;
  /** It is in sight again. The document is as it was left. */
  resume: Readonly<Record<never, never>>;
  /** The host is about to close the panel. `false`: there is something to lose. */
  beforeclose: { readonly reason: string };
  /** The host's route is another: show this path. `false`: the view cannot. */
  navigate: { readonly path: string; readonly replace: boolean };
  /** The focus comes into the view at this edge. `false`: the view does not put it anywhere. */
  focus: { readonly edge: "start" | "end" };
}

export type PanelEventName = keyof PanelEventMap;
export type PanelListener<Name extends PanelEventName> = (event: PanelEventMap[Name]) => unknown;

/** Who listens for what the host tells. */
export class PanelEvents {
  readonly #listeners = new Map<PanelEventName, Set<PanelListener<never>>>();

  /** Calls `listener` at each event of that name; the returned function takes it back. */
  on<Name extends PanelEventName>(name: Name, listener: PanelListener<Name>): () => void {
    // Wrapped, so that the same function may be given twice and taken back once.
    const own: PanelListener<Name> = (event) => listener(event);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(own));
    return () => void listeners.delete(own);
  }

  /**
   * Tells all who listen, one after another, and gives what each answers, which is nothing where nobody listens. What one throws stops no
   * other; it rejects that one's promise and, where nobody looks at that, is reported like any uncaught error.
   */
  tell<Name extends PanelEventName>(name: Name, event: PanelEventMap[Name]): Promise<unknown>[] {
    const listeners = [...(this.#listeners.get(name) ?? [])] as PanelListener<Name>[];
    return listeners.map(async (listener) => listener(event));
  }

  end(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
  }
}
