import { RpcError } from "@partner-panel/postmessage-rpc";
import { isLoopbackName } from "./loopback.js";

/** Says whether pages of this origin may embed the view. It decides alone: loopback names get no exception. */
export type HostCheck = (origin: string) => boolean | Promise<boolean>;

/** The compiler prints the text of this type where an origin is not exact. */
type ExactOrigin<Origin extends string> = string extends Origin
  ? Origin
  : Origin extends `${string}*${string}`
    ? "An exact origin: wildcards are not possible. For many hosts, give a function."
    : Origin extends `${string}://${string}/${string}`
      ? "An exact origin: no path, and no slash at its end."
      : Origin extends `http://${string}` | `https://${string}`
        ? Origin
        : "An exact origin: https://, the host's name, and the port if it is not 443.";

/** Origins that are exact as far as the compiler can see; the rest is seen to by `connect`. */
export type ExactOrigins<Origins extends readonly string[]> = {
  readonly [Index in keyof Origins]: ExactOrigin<Origins[Index]>;
};

/**
 * The check of an embedder's origin. A list is compared whole, character by character. A view that is itself served from a
 * loopback name also accepts hosts on loopback names, so that a list for production need not be edited to develop; in
 * production nothing is served from there, so it never happens.
 *
 * @param ownName `location.hostname` of the view.
 * @throws RpcError CONFIG_REFUSED for an entry that is not an origin exactly as browsers write it: with a wildcard, a path, a
 * slash at its end, capitals, a default port, or another scheme than https and http.
 */
export function hostCheck(hosts: readonly string[] | HostCheck, ownName: string): HostCheck {
  if (typeof hosts === "function") return hosts;
  const exact = new Set<string>(hosts);
  for (const host of exact) {
    const canonical = /^https?:/.test(host) && URL.canParse(host) ? new URL(host).origin : undefined;
    if (canonical === host && !host.includes("*")) continue;
    const meant =
      canonical === undefined || host.includes("*") ? "such as https://desk.example" : `perhaps ${canonical}`;
    throw new RpcError("CONFIG_REFUSED", { message: `hosts: "${host}" is not an exact origin (${meant}).` });
  }
  const inDevelopment = isLoopbackName(ownName);
  return (origin) => exact.has(origin) || (inDevelopment && isLoopback(origin));
}

function isLoopback(origin: string): boolean {
  return URL.canParse(origin) && isLoopbackName(new URL(origin).hostname);
}
