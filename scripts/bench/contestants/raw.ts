/** What everything else is measured against: a MessagePort, structured clone, and a table of promises. Nothing is checked. */
import { askPort, givePort, itemText, type OpenHost, type OpenView, type Small, type Ticket } from "../bridge.js";

interface Message {
  id: number;
  kind: "call" | "buffer" | "item" | "collect";
  value: unknown;
}

/** How a value travels: as it is, or as the text of it. */
interface Form {
  encode: (value: unknown) => unknown;
  decode: (value: unknown) => unknown;
}

export const hostIn =
  ({ encode, decode }: Form): OpenHost =>
  (frame, origin, service) =>
    givePort(frame, origin, (port) => {
      let collecting: { id: number; left: number } | null = null;
      port.onmessage = ({ data }: MessageEvent<Message>) => {
        if (data.kind === "item") {
          service.take(decode(data.value) as Small);
          if (collecting && --collecting.left === 0) port.postMessage({ id: collecting.id, value: null });
        } else if (data.kind === "collect") collecting = { id: data.id, left: data.value as number };
        else if (data.kind === "buffer")
          port.postMessage({ id: data.id, value: data.value }, [data.value as ArrayBuffer]);
        else port.postMessage({ id: data.id, value: encode(decode(data.value)) });
      };
    });

export const viewIn =
  ({ encode, decode }: Form): OpenView =>
  async (hostOrigin) => {
    const port = await askPort(hostOrigin);
    const pending = new Map<number, (value: unknown) => void>();
    let nextId = 1;
    port.onmessage = ({ data }: MessageEvent<{ id: number; value: unknown }>) => {
      const resolve = pending.get(data.id);
      pending.delete(data.id);
      resolve?.(data.value);
    };
    const call = <T>(kind: Message["kind"], value: unknown, transfer: Transferable[] = []): Promise<T> =>
      new Promise((resolve) => {
        const id = nextId++;
        pending.set(id, resolve as (value: unknown) => void);
        port.postMessage({ id, kind, value }, transfer);
      });
    return {
      call: (value) => call<unknown>("call", encode(value)).then((answer) => decode(answer) as Small),
      echo: (tickets) => call<unknown>("call", encode(tickets)).then((answer) => decode(answer) as Ticket[]),
      buffer: (buffer) => call<ArrayBuffer>("buffer", buffer, [buffer]),
      items: async (count) => {
        const done = call<null>("collect", count);
        for (let n = 0; n < count; n++) port.postMessage({ id: 0, kind: "item", value: encode({ n, text: itemText }) });
        await done;
      },
    };
  };

const asItIs: Form = { encode: (value) => value, decode: (value) => value };
export const openHost = hostIn(asItIs);
export const openView = viewIn(asItIs);
