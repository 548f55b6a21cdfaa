export interface BackEndOptions {
  /** What carries the host's own session besides cookies: a bearer token, a CSRF header. Asked for each time. */
  readonly headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined;
  /** In place of the page's fetch. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** What a server said: its status, its headers, and of its JSON what is asked for by name. */
export interface Told {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: Headers;
  /** An own member of the answer's JSON object; undefined if there is none. */
  member(name: string): unknown;
}

/** Asks the host's own back end with its own session. Rejects with what `fetch` rejects with. */
export async function askBackEnd(
  url: string | URL,
  question: object,
  signal: AbortSignal,
  { headers: given, fetch = globalThis.fetch }: BackEndOptions,
): Promise<Told> {
  const headers = new Headers(typeof given === "function" ? await given() : given);
  headers.set("Content-Type", "application/json");
  return ask(url, { headers, body: JSON.stringify(question), signal }, fetch);
}

/** POSTs, and reads the answer as JSON. Rejects with what `fetch` rejects with. */
export async function ask(
  url: string | URL,
  { headers, ...init }: { headers: Headers; body: string | URLSearchParams; signal: AbortSignal; credentials?: "omit" },
  fetch: typeof globalThis.fetch,
): Promise<Told> {
  headers.set("Accept", "application/json");
  const response = await fetch(url, {
    method: "POST",
    headers,
    cache: "no-store",
    // A redirect would carry the session's headers to an address that nobody configured.
    redirect: "error",
    ...init,
  });
  const body: unknown = await response.json().catch(() => null);
  return {
    status: response.status,
    ok: response.ok,
    headers: response.headers,
    member: (name) =>
      typeof body === "object" && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined,
  };
}

/** What the server calls its refusal, for a message to developers. */
export function toldReason(told: Told): string {
  const reason = told.member("error");
  return `answered ${told.status}${typeof reason === "string" ? ` (${reason.slice(0, 100)})` : ""}`;
}
