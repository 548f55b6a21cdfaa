/** What every contestant does, so that the same measurements run over each of them. */

export interface Ticket {
  id: string;
  subject: string;
  status: string;
  priority: string;
  assignee: string | null;
  revision: number;
  locked: boolean;
  updatedAt: string;
}

export interface Small {
  n: number;
  text: string;
}

/** The view's end: it calls, the host answers. */
export interface Bridge {
  /** One small call; the host answers with what it got. */
  call(value: Small): Promise<Small>;
  /** The same with a list of records. */
  echo(tickets: Ticket[]): Promise<Ticket[]>;
  /** Sends a buffer there and back; transferred both ways where the contestant can. Null: it cannot carry one. */
  buffer: ((buffer: ArrayBuffer) => Promise<ArrayBuffer>) | null;
  /** Brings this many items to the host by the way the contestant has for it; resolves when the host had the last one. */
  items(count: number): Promise<void>;
}

/** What the host does for every contestant. */
export interface Service {
  /** Takes one item; throws if it is not the one that comes next. */
  take(item: Small): void;
}

/** The host's end, opened when the frame has been inserted and before its script can have run. */
export type OpenHost = (frame: HTMLIFrameElement, origin: string, service: Service) => void;
export type OpenView = (hostOrigin: string) => Promise<Bridge>;

export const itemText = "priority raised to urgent";

/** For contestants that start on a port: hello from the view, answered by the host with a port, at exact origins. */
export function givePort(frame: HTMLIFrameElement, origin: string, run: (port: MessagePort) => void): void {
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin || event.data !== "hello") return;
    const { port1, port2 } = new MessageChannel();
    run(port1);
    frame.contentWindow?.postMessage("welcome", origin, [port2]);
  });
}

export function askPort(hostOrigin: string): Promise<MessagePort> {
  return new Promise((resolve) => {
    addEventListener("message", (event) => {
      const [port] = event.ports;
      if (event.source === parent && event.origin === hostOrigin && port) resolve(port);
    });
    parent.postMessage("hello", hostOrigin);
  });
}
