/** The view's page: it makes the calls, and times and checks them. Every function answers with milliseconds for one operation. */
import type { Bridge, OpenView, Ticket } from "./bridge.js";

export interface ViewPage {
  /** From the first line of this page's script to the first answer. */
  first: Promise<number>;
  sequential(count: number): Promise<number>;
  concurrent(count: number): Promise<number>;
  echo(bytes: number, count: number): Promise<number>;
  /** Null: it cannot carry a buffer. `transferred`: the buffer was gone here while it was there. */
  buffer(bytes: number): Promise<{ ms: number; transferred: boolean } | null>;
  items(count: number): Promise<number>;
}

declare const scriptStart: number;

const text = "a call of ordinary size";

function check(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(`Wrong answer: ${what}`);
}

const payloads = new Map<number, Ticket[]>();

/** Records until their JSON has about this many characters. */
function tickets(bytes: number): Ticket[] {
  const known = payloads.get(bytes);
  if (known) return known;
  const list: Ticket[] = [];
  for (let size = 2, n = 0; ; n++) {
    const ticket = {
      id: `T-${1_000 + n}`,
      subject: `Parcel ${n * 7_919} was delivered to the wrong address, and nobody answers the door`,
      status: n % 3 === 0 ? "open" : "pending",
      priority: n % 5 === 0 ? "urgent" : "normal",
      assignee: n % 2 === 0 ? `agent-${n % 17}` : null,
      revision: n,
      locked: n % 11 === 0,
      updatedAt: "2026-02-03T09:15:00.000Z",
    };
    size += JSON.stringify(ticket).length + 1;
    if (size > bytes && list.length > 0) break;
    list.push(ticket);
  }
  payloads.set(bytes, list);
  return list;
}

export async function runView(openView: OpenView): Promise<void> {
  let told: (ms: number) => void = () => undefined;
  const first = new Promise<number>((resolve) => {
    told = resolve;
  });
  let bridge: Bridge;
  const page: ViewPage = {
    first,
    async sequential(count) {
      const start = performance.now();
      for (let n = 0; n < count; n++) {
        const answer = await bridge.call({ n, text });
        check(answer.n === n && answer.text === text, `call ${n}`);
      }
      return (performance.now() - start) / count;
    },
    async concurrent(count) {
      const start = performance.now();
      const calls = Array.from({ length: count }, (_, n) => bridge.call({ n, text }));
      const answers = await Promise.all(calls);
      const ms = performance.now() - start;
      check(
        answers.every((answer, n) => answer.n === n && answer.text === text),
        `one of ${count} calls`,
      );
      return ms;
    },
    async echo(bytes, count) {
      const sent = tickets(bytes);
      const answers: Ticket[][] = [];
      const start = performance.now();
      for (let n = 0; n < count; n++) answers.push(await bridge.echo(sent));
      const ms = (performance.now() - start) / count;
      const right = JSON.stringify(sent);
      for (const answer of answers) check(JSON.stringify(answer) === right, `echo of ${bytes} bytes`);
      return ms;
    },
    async buffer(bytes) {
      if (!bridge.buffer) return null;
      const buffer = new ArrayBuffer(bytes);
      const words = new Uint32Array(buffer);
      for (let n = 0; n < words.length; n++) words[n] = n * 2_654_435_761;
      const start = performance.now();
      const answer = bridge.buffer(buffer);
      // Looked at in a later turn: some give it away only when the message leaves.
      const gone = Promise.resolve().then(
        () => new Promise<boolean>((resolve) => setTimeout(() => resolve(buffer.byteLength === 0))),
      );
      const back = new Uint32Array(await answer);
      const ms = performance.now() - start;
      check(back.length === bytes / 4, "the buffer's length");
      check(
        back.every((word, n) => word === (n * 2_654_435_761) >>> 0),
        "the buffer's content",
      );
      return { ms, transferred: await gone };
    },
    async items(count) {
      const start = performance.now();
      await bridge.items(count);
      return performance.now() - start;
    },
  };
  Object.assign(globalThis, { viewPage: page });
  bridge = await openView(location.origin.replace("//view.", "//host."));
  const answer = await bridge.call({ n: 0, text });
  told(performance.now() - scriptStart);
  check(answer.n === 0 && answer.text === text, "the first call");
}
