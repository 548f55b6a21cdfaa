/** Cap'n Web, over a port handed over beforehand; items are calls, the way it offers for callbacks. */
import { newMessagePortRpcSession, RpcTarget } from "capnweb";
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

class Host extends RpcTarget {
  readonly #service: Service;
  constructor(service: Service) {
    super();
    this.#service = service;
  }
  call(value: Small): Small {
    return value;
  }
  echo(tickets: Ticket[]): Ticket[] {
    return tickets;
  }
  buffer(buffer: ArrayBuffer): ArrayBuffer {
    return buffer;
  }
  item(item: Small): void {
    this.#service.take(item);
  }
}

/** What is used of the stub: its own type describes promises that can be pipelined, which nothing here does. */
interface HostStub {
  call(value: Small): Promise<Small>;
  echo(tickets: Ticket[]): Promise<Ticket[]>;
  buffer(buffer: ArrayBuffer): Promise<ArrayBuffer>;
  item(item: Small): Promise<void>;
}

export const openHost: OpenHost = (frame, origin, service) =>
  givePort(frame, origin, (port) => void newMessagePortRpcSession(port, new Host(service)));

export const openView: OpenView = async (hostOrigin) => {
  const host = newMessagePortRpcSession<Host>(await askPort(hostOrigin)) as unknown as HostStub;
  return {
    call: async (value) => host.call(value),
    echo: async (tickets) => host.echo(tickets),
    buffer: async (buffer) => host.buffer(buffer),
    items: async (count) => {
      const calls: Promise<void>[] = [];
      for (let n = 0; n < count; n++) calls.push(host.item({ n, text: itemText }));
      await Promise.all(calls);
    },
  };
};
