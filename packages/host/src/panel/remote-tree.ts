import {
  type CallOptions,
  type Clock,
  type Contract,
  type Remote,
  RpcError,
  systemClock,
} from "@partner-panel/postmessage-rpc";

/** What may wait for a session: this many calls, and this many characters of params. The peer decides when it connects. */
const mostWaiting = 32;
const mostCharacters = 262_144;
const defaultTimeout = 30_000;

type AnyCall = (params?: unknown, options?: CallOptions) => unknown;
type Tree = { [segment: string]: Tree | AnyCall };

/**
 * `panel.remote`: one tree of functions for the element's life, whatever sessions come and go. A call made while there is none
 * waits for the next one, up to its own time limit; beyond 32 calls or 256 KiB it is refused with BUSY. When the panel fails or is
 * taken away, what waits is refused with SESSION_CLOSED.
 */
export class RemoteTree<Use extends Contract> {
  readonly remote: Remote<Use>;
  readonly #clock: Clock;
  readonly #onRefused: (name: string, code: string, ms: number) => void;
  readonly #waiting = new Set<{ size: number; go: (target: Tree) => void; refuse: (error: RpcError) => void }>();
  #characters = 0;
  #target: Tree | null = null;

  /** @param onRefused told of each call that was refused without a session having seen it. */
  constructor(
    contract: Use | null,
    onRefused: (name: string, code: string, ms: number) => void = () => {},
    clock: Clock = systemClock,
  ) {
    this.#clock = clock;
    this.#onRefused = onRefused;
    const root: Tree = Object.create(null);
    for (const [name, member] of Object.entries(contract?.members ?? {})) {
      const path = name.split(".");
      const last = path.pop() ?? "";
      let at = root;
      for (const segment of path) {
        at[segment] ??= Object.create(null) as Tree;
        at = at[segment] as Tree;
      }
      at[last] = this.#function([...path, last], member.kind);
    }
    this.remote = freeze(root) as unknown as Remote<Use>;
  }

  /** Calls go to this session from now on, the waiting ones first. */
  attach(remote: object): void {
    this.#target = remote as Tree;
    for (const call of [...this.#waiting]) call.go(this.#target);
  }

  /** Calls wait from now on. */
  detach(): void {
    this.#target = null;
  }

  /** Refuses what waits. */
  refuse(reason: string): void {
    this.detach();
    for (const call of [...this.#waiting]) call.refuse(new RpcError("SESSION_CLOSED", { message: reason }));
  }

  #function(path: readonly string[], kind: "method" | "stream" | "notification"): AnyCall {
    if (kind === "stream") return (params, options) => this.#stream(path, params, options);
    if (kind === "method") return (params, options) => this.#call(path, params, options);
    return (params, options) => {
      // Nobody hears of a notification that could not be sent, so this one throws where it can still be heard.
      if (this.#target !== null) at(this.#target, path)(params, options);
      else
        this.#enqueue(path, params, options).then(
          (target) => at(target, path)(params, options),
          () => {},
        );
    };
  }

  async #call(path: readonly string[], params: unknown, options?: CallOptions): Promise<unknown> {
    const target = this.#target ?? (await this.#enqueue(path, params, options));
    return at(target, path)(params, options);
  }

  async *#stream(path: readonly string[], params: unknown, options?: CallOptions): AsyncGenerator<unknown> {
    const target = this.#target ?? (await this.#enqueue(path, params, options));
    yield* at(target, path)(params, options) as AsyncIterable<unknown>;
  }

  #enqueue(
    path: readonly string[],
    params: unknown,
    { timeout = defaultTimeout, signal }: CallOptions = {},
  ): Promise<Tree> {
    const since = this.#clock.now();
    return new Promise((resolve, decline) => {
      const reject = (error: RpcError) => {
        this.#onRefused(path.join("."), error.code, this.#clock.now() - since);
        decline(error);
      };
      const size = JSON.stringify(params)?.length ?? 0;
      if (this.#waiting.size >= mostWaiting || this.#characters + size > mostCharacters) {
        return reject(new RpcError("BUSY", { message: "Too much waits for the panel to connect" }));
      }
      const leave = () => {
        if (this.#waiting.delete(entry)) this.#characters -= size;
        disarm();
        signal?.removeEventListener("abort", onAbort);
      };
      const refuse = (error: RpcError) => {
        leave();
        reject(error);
      };
      const onAbort = () =>
        refuse(new RpcError("CANCELLED", { message: "The call was cancelled", cause: signal?.reason }));
      const go = (target: Tree) => {
        leave();
        resolve(target);
      };
      const entry = { size, go, refuse };
      const disarm = this.#clock.after(timeout, () =>
        refuse(new RpcError("TIMEOUT", { message: `The panel did not connect within ${timeout} ms` })),
      );
      this.#waiting.add(entry);
      this.#characters += size;
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted) onAbort();
    });
  }
}

/** The path is of the contract's own names, split when the tree was built. */
function at(tree: Tree, path: readonly string[]): AnyCall {
  let found: Tree | AnyCall = tree;
  for (const segment of path) found = (found as Tree)[segment] as Tree | AnyCall;
  return found as AnyCall;
}

function freeze(tree: Tree): Tree {
  for (const branch of Object.values(tree)) if (typeof branch === "object") freeze(branch);
  return Object.freeze(tree);
}
