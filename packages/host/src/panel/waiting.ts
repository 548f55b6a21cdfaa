import type { PanelError } from "../errors.js";

/** A promise of `ready`, and what settles it. */
export interface Waiting {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: PanelError) => void;
}

export function waiting(): Waiting {
  let resolve = () => {};
  let reject: Waiting["reject"] = () => {};
  const promise = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  // Whoever does not ask for `ready` is told by the event, not by an unhandled rejection.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
