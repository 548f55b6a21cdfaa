/** A partner that requests a session from the hosts its query names, says at once as much as it is to say, and reports how that went. */
import { isRpcError, requestSession } from "../../../src/index.js";
import { mounted } from "../mounted.js";

const query = new URL(location.href).searchParams;
const hosts = JSON.parse(query.get("hosts") ?? "[]") as string[];
const options = {
  hosts: query.get("as") === "function" ? (origin: string) => hosts.includes(origin) : hosts,
  timeout: Number(query.get("timeout") ?? "3000"),
  use: mounted,
};
requestSession(options).then(
  ({ remote, welcome, hostOrigin, grant }) => {
    for (let n = 0; n < Number(query.get("say")); n++) remote.mount.said({ n });
    window.parent.postMessage({ outcome: { welcome, hostOrigin, grant } }, "*");
  },
  (error: unknown) => window.parent.postMessage({ outcome: isRpcError(error) ? error.code : String(error) }, "*"),
);
