/**
 * A partner gone bad, on a site of its own: it shakes hands by hand as an honest one would, and then does with its port what the test
 * names. Tells the test how that went, and what became of what it sent.
 */
const host = window.parent;
const hello = { "partner-panel": "hello", versions: ["1.0.0"], nonce: crypto.randomUUID() };
const tell = (what: object) => host.postMessage(what, "*");
let port: MessagePort | undefined;

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

function doublings(times: number): unknown {
  let value: unknown = ["leaf"];
  for (let n = 0; n < times; n++) value = [value, value];
  return value;
}

function cycle(): unknown {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}

const request = (extra: object) =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ticket.get", params: { id: "7" }, ...extra });

/** What is posted, and what of it is transferred. */
const attacks: Record<string, () => [data: unknown, transfer?: Transferable[]]> = {
  "a Map of a million": () => [new Map(Array.from({ length: 1_000_000 }, (_, n) => [n, n]))],
  "a buffer of 100 MB": () => [new ArrayBuffer(100_000_000)],
  "a buffer of 100 MB beside a request that takes none": () => {
    const buffer = new ArrayBuffer(100_000_000);
    return [[request({}), buffer], [buffer]];
  },
  "a small buffer beside a request that takes none": () => {
    const buffer = new ArrayBuffer(8);
    return [[request({}), buffer], [buffer]];
  },
  "24 doublings of a shared object": () => [doublings(24)],
  "an array nested a thousand deep": () => [nested(1_000)],
  "a cycle": () => [cycle()],
  "a RegExp": () => [/(a+)+$/],
  "an invalid Date": () => [new Date(Number.NaN)],
  "an Error": () => [new Error("from the attacker")],
  "a File": () => [new File(["x"], "x.txt")],
  "an object with a request in it": () => [JSON.parse(request({}))],
  "1,000 ports": () => {
    const ports = Array.from({ length: 1_000 }, () => {
      const { port1, port2 } = new MessageChannel();
      // Whoever listens at the other end hears it.
      port1.postMessage("still open");
      return port2;
    });
    return [{ ports }, ports];
  },
  "a stream": () => {
    const stream = new ReadableStream(
      {
        pull: (controller) => controller.enqueue("a chunk"),
        cancel: () => tell({ cancelled: true }),
      },
      { highWaterMark: 0 },
    );
    return [{ stream }, [stream]];
  },
  "a string of 100 MB": () => ["x".repeat(100_000_000)],
};

addEventListener("message", (event: MessageEvent) => {
  if (event.source !== host) return;
  if (event.ports[0]) {
    port = event.ports[0];
    port.postMessage('{"jsonrpc":"2.0","method":"rpc.ready","params":{}}');
    return tell({ armed: true });
  }
  const attack = attacks[event.data?.attack as string];
  if (attack) {
    const [data, transfer = []] = attack();
    try {
      port?.postMessage(data, transfer);
      tell({ sent: "" });
    } catch (error) {
      tell({ sent: (error as Error).name });
    }
  }
  for (const text of event.data?.texts ?? []) port?.postMessage(text);
});
host.postMessage(hello, "*");
