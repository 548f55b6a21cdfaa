import { RpcError } from "@partner-panel/postmessage-rpc";

/** Scopes, with spaces between them, without those that the host's policy leaves out; all of them if it says nothing of that. */
export function scopesWithin(scope: string, allowed: unknown): string {
  if (!Array.isArray(allowed)) return scope;
  return scope
    .split(" ")
    .filter((each) => allowed.includes(each))
    .join(" ");
}

/**
 * A question to the host, asked once more with fewer scopes where its policy leaves out some of these by now: what the welcome says of it is as
 * old as the session. The host refuses before it does anything, so a proof that went with the first question is not used up.
 */
export function withinPolicy<P extends { scope: string }, R>(
  ask: (params: P) => Promise<R>,
): (params: P) => Promise<R> {
  return (params) =>
    ask(params).catch((error: unknown) => {
      const left: unknown = error instanceof RpcError ? Reflect.get(Object(error.data), "scopes") : undefined;
      const scope = scopesWithin(params.scope, left);
      if (scope === params.scope || scope === "") throw error;
      return ask({ ...params, scope });
    });
}
