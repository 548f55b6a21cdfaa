import type { Stream } from "./contract.js";
import { type WireError, wireError } from "./errors.js";
import type { Limits } from "./limits.js";
import { nextTask } from "./next-task.js";
import type { Flow } from "./running.js";
import { isPromise, type Validated, validate } from "./validate.js";
import { jsonText, weightOf } from "./wire.js";

/** A stream that is being served. */
export interface Pump {
  /** Aborts when the call is settled from outside. */
  readonly signal: AbortSignal;
  readonly flow: Flow;
  readonly items: AsyncIterable<unknown>;
  readonly member: Stream;
  /** What the reader accepts. */
  readonly peerLimits: Limits;
  /** What the source threw, as the reader may see it: the session knows its own copy of `RpcError`. */
  readonly failure: (thrown: unknown) => WireError;
  readonly isSettled: () => boolean;
  readonly mayLeave: () => boolean;
  /** Sends the JSON texts of some items, with commas between, as one chunk. */
  readonly send: (texts: string) => void;
}

/** Why a stream ends: at its own end or because its call was settled from outside (null), or with an error to tell. */
export type StreamEnd = WireError | "revoked" | null;

/** How many microtask turns the pump waits for the next item before it sends the chunk it has. */
const mostTurns = 8;
/** Characters that leave though more items are at hand: the reader goes through them while the next are made. */
const enoughText = 32_768;
/** What stands around the items of a chunk, generously: characters. */
const frameText = 512;
/** Milliseconds after which a source that never waits lets the page do something else. */
const longestRun = 8;

/** Moves a stream's items to its reader, as far as there is credit, in chunks. Resolves, never rejects, when the stream is over. */
export async function pumpItems(pump: Pump): Promise<StreamEnd> {
  const { flow, member, signal } = pump;
  let iterator: AsyncIterator<unknown>;
  try {
    iterator = pump.items[Symbol.asyncIterator]();
  } catch (thrown) {
    return pump.failure(thrown);
  }
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    // A generator that waits for something else runs its `finally` only when that comes; its signal has told it already.
    void (async () => iterator.return?.())().catch(() => undefined);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return member.latest ? await pumpLatest(pump, iterator) : await pumpAll(pump, iterator);
  } catch (thrown) {
    return pump.failure(thrown);
  } finally {
    flow.wake = null;
    stop();
  }
}

async function pumpAll(pump: Pump, iterator: AsyncIterator<unknown>): Promise<StreamEnd> {
  const { flow, isSettled, mayLeave } = pump;
  const chunk = new Chunk(pump);
  const run = new Run();
  try {
    while (!isSettled()) {
      if (flow.credit <= 0) {
        chunk.send();
        await new Promise<void>((resolve) => {
          flow.wake = resolve;
        });
        continue;
      }
      const step = await iterator.next();
      if (isSettled()) return null;
      if (!mayLeave()) return "revoked";
      if (step.done) return null;
      const made = itemOf(pump, step.value);
      const item = isPromise(made) ? await made : made;
      if (isSettled()) return null;
      if ("code" in item) return item;
      chunk.add(item);
      flow.credit--;
      if (run.isOver()) {
        chunk.send();
        await run.rest();
      }
    }
    return null;
  } finally {
    // Whatever ends the stream comes after the items before it.
    chunk.send();
  }
}

/** How long a source has gone on without the page doing anything else: microtasks alone never let it. */
class Run {
  #items = 0;
  #started = performance.now();

  isOver(): boolean {
    return ++this.#items % 32 === 0 && performance.now() - this.#started > longestRun;
  }

  async rest(): Promise<void> {
    await nextTask();
    this.#started = performance.now();
  }
}

interface Item {
  readonly text: string;
  /** How many values it has, at most. */
  readonly weight: number;
}

/** Items that leave together: when the sender pauses, has no credit left or is done, and when there are enough. */
class Chunk {
  readonly #pump: Pump;
  #texts: string[] = [];
  #size = frameText;
  #weight = 0;
  #isWatched = false;

  constructor(pump: Pump) {
    this.#pump = pump;
  }

  add({ text, weight }: Item): void {
    const { text: mostText, nodes, array } = this.#pump.peerLimits;
    const isFull =
      this.#size + text.length + 1 > mostText || this.#weight + weight > nodes || this.#texts.length >= array;
    if (isFull) this.send();
    this.#texts.push(text);
    this.#size += text.length + 1;
    this.#weight += weight;
    if (this.#size >= enoughText) this.send();
    else if (!this.#isWatched) void this.#watch();
  }

  /** If no further item comes within a few microtask turns, what is there already leaves. */
  async #watch(): Promise<void> {
    this.#isWatched = true;
    let seen = 0;
    while (this.#texts.length !== seen) {
      seen = this.#texts.length;
      for (let turn = 0; turn < mostTurns; turn++) await null;
    }
    this.#isWatched = false;
    this.send();
  }

  /** Asks for the grant now: it may have expired since the items were made. */
  send(): void {
    const { isSettled, mayLeave, send } = this.#pump;
    if (this.#texts.length > 0 && !isSettled() && mayLeave()) send(this.#texts.join());
    this.#texts = [];
    this.#size = frameText;
    this.#weight = 0;
  }
}

/** Reads the source as it yields, but never so fast that the page stands still; the reader gets the newest whenever it has credit. */
async function pumpLatest(pump: Pump, iterator: AsyncIterator<unknown>): Promise<StreamEnd> {
  const { flow, isSettled, mayLeave } = pump;
  const run = new Run();
  let newest: string | null = null;
  let isRevoked = false;
  let wake = () => {};
  const sendNewest = () => {
    if (newest === null || flow.credit <= 0 || isSettled()) return;
    if (mayLeave()) pump.send(newest);
    else isRevoked = true;
    flow.credit--;
    newest = null;
  };
  flow.wake = () => {
    sendNewest();
    wake();
  };
  while (!isSettled() && !isRevoked) {
    // Without credit an item only takes the place of the one before it: there is no hurry to read many.
    if (run.isOver() || flow.credit <= 0) await run.rest();
    const next = iterator.next();
    // While the source waits, the reader's credit may show that the grant has expired.
    const step = await Promise.race([
      next,
      new Promise<null>((resolve) => {
        wake = () => isRevoked && resolve(null);
      }),
    ]);
    if (isSettled()) return null;
    if (step === null || isRevoked || !mayLeave()) return "revoked";
    if (step.done) break;
    const item = await itemOf(pump, step.value);
    if ("code" in item) return item;
    newest = item.text;
    sendNewest();
  }
  // The last state matters most: it leaves even if the reader must be waited for.
  while (newest !== null && !isSettled()) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  return isRevoked ? "revoked" : null;
}

function itemOf(pump: Pump, value: unknown): Item | WireError | Promise<Item | WireError> {
  const validated = validate(pump.member.item, value);
  return isPromise(validated) ? validated.then((each) => checkedItem(pump, each)) : checkedItem(pump, validated);
}

function checkedItem({ peerLimits }: Pump, validated: Validated): Item | WireError {
  if (validated.issues) return wireError("INTERNAL_ERROR", "An item does not fit the contract");
  try {
    const text = jsonText(validated.value);
    const weight = weightOf(text, validated.value, peerLimits, 3);
    const isTooLarge = text.length + frameText > peerLimits.text || weight > peerLimits.nodes;
    return isTooLarge ? wireError("TOO_LARGE", "An item is too large for the caller") : { text, weight };
  } catch {
    return wireError("INTERNAL_ERROR", "An item is not JSON");
  }
}
