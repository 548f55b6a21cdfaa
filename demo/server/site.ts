import { createServer, type RequestListener, type Server } from "node:http";

/** One running server of the demo. */
export interface Site {
  readonly origin: string;
  /** Stops listening and cuts open connections: an event stream would otherwise keep the process for ever. */
  close(): Promise<void>;
}

/** A port that the demo needs is taken by another program. */
export class PortBusyError extends Error {
  readonly code = "PORT_BUSY";
  readonly port: number;

  constructor(origin: string, port: number, cause: unknown) {
    super(
      `Port ${port} is busy, so ${origin} cannot start. ` +
        "End the program that listens there, or choose five other ports by their first: PARTNER_PANEL_DEMO_PORT=5100 npm run demo",
      { cause },
    );
    this.name = "PortBusyError";
    this.port = port;
  }
}

/**
 * Serves an origin on both loopback addresses, since browsers resolve `*.localhost` to either. A machine without IPv6 is
 * served on IPv4 alone.
 *
 * @throws {PortBusyError} another program has the port on one of the two addresses.
 */
export async function openSite(origin: string, listener: RequestListener): Promise<Site> {
  const port = Number(new URL(origin).port);
  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(
      servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  };
  for (const address of ["127.0.0.1", "::1"]) {
    const server = createServer(listener);
    try {
      await listen(server, port, address);
      servers.push(server);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (address === "::1" && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT")) continue;
      await close();
      throw code === "EADDRINUSE" ? new PortBusyError(origin, port, error) : error;
    }
  }
  return { origin, close };
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
