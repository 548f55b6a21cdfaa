/** Penpal: calls both ways; it has no streams, so items are calls. */
import { CallOptions, connect, type RemoteProxy, Reply, WindowMessenger } from "penpal";
import { itemText, type OpenHost, type OpenView, type Service, type Small, type Ticket } from "../bridge.js";

const methods = (service: Service) => ({
  call: (value: Small) => value,
  echo: (tickets: Ticket[]) => tickets,
  buffer: (buffer: ArrayBuffer) => new Reply(buffer, { transferables: [buffer] }),
  item: (item: Small) => service.take(item),
});

export const openHost: OpenHost = (frame, origin, service) => {
  if (!frame.contentWindow) throw new Error("The frame is not in the document");
  const messenger = new WindowMessenger({ remoteWindow: frame.contentWindow, allowedOrigins: [origin] });
  connect({ messenger, methods: methods(service) });
};

export const openView: OpenView = async (hostOrigin) => {
  const messenger = new WindowMessenger({ remoteWindow: window.parent, allowedOrigins: [hostOrigin] });
  const host: RemoteProxy<ReturnType<typeof methods>> = await connect<ReturnType<typeof methods>>({ messenger })
    .promise;
  return {
    call: (value) => host.call(value),
    echo: (tickets) => host.echo(tickets),
    buffer: (buffer) => host.buffer(buffer, new CallOptions({ transferables: [buffer] })),
    items: async (count) => {
      const calls: Promise<void>[] = [];
      for (let n = 0; n < count; n++) calls.push(host.item({ n, text: itemText }));
      await Promise.all(calls);
    },
  };
};
