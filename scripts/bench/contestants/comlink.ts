/** Comlink, over a port handed over beforehand; it has no streams, so items are calls. */
import { expose, transfer, wrap } from "comlink";
import {
  askPort,
  givePort,
  itemText,
  type OpenHost,
  type OpenView,
  type Service,
  type Small,
  type Ticket,
} from "../bridge.js";

const api = (service: Service) => ({
  call: (value: Small) => value,
  echo: (tickets: Ticket[]) => tickets,
  buffer: (buffer: ArrayBuffer) => transfer(buffer, [buffer]),
  item: (item: Small) => service.take(item),
});

export const openHost: OpenHost = (frame, origin, service) =>
  givePort(frame, origin, (port) => expose(api(service), port));

export const openView: OpenView = async (hostOrigin) => {
  const host = wrap<ReturnType<typeof api>>(await askPort(hostOrigin));
  return {
    call: async (value) => host.call(value),
    echo: async (tickets) => host.echo(tickets),
    buffer: async (buffer) => host.buffer(transfer(buffer, [buffer])),
    items: async (count) => {
      const calls: Promise<void>[] = [];
      for (let n = 0; n < count; n++) calls.push(host.item({ n, text: itemText }));
      await Promise.all(calls);
    },
  };
};
