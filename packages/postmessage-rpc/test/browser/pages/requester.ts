/** A partner that requests a session from the hosts its query names, and reports how that went. */
import { isRpcError, requestSession } from "../../../src/index.js";

const query = new URL(location.href).searchParams;
const hosts = JSON.parse(query.get("hosts") ?? "[]") as string[];
const options = {
  hosts: query.get("as") === "function" ? (origin: string) => hosts.includes(origin) : hosts,
  timeout: 3_000,
};
requestSession(options).then(
  ({ welcome, hostOrigin, grant }) => window.parent.postMessage({ outcome: { welcome, hostOrigin, grant } }, "*"),
  (error: unknown) => window.parent.postMessage({ outcome: isRpcError(error) ? error.code : String(error) }, "*"),
);
