import { readJson, request, signInAgain } from "../shared/http.js";
import type { Issue, IssueStatus } from "./issue.js";
import type { Session } from "./session.js";

/** What `/config.json` of Trackwell says. */
export interface TrackwellConfig {
  origin: string;
  issuer: string;
  clientId: string;
  resource: string;
  scope: string;
  /** Origins that may embed Trackwell's view. */
  hosts: string[];
}

export interface Account {
  id: string;
  name: string;
  email: string;
  scopes: string[];
}

/** Trackwell's API, called with tokens bound to this browser's key (RFC 9449). Every method throws `HttpError`. */
export class TrackwellApi {
  readonly #session: Session;
  readonly #resource: string;
  readonly #onSignedOut: () => void;

  /** `onSignedOut` is called whenever the API does not know the account any more. */
  constructor(session: Session, resource: string, onSignedOut: () => void) {
    this.#session = session;
    this.#resource = resource;
    this.#onSignedOut = onSignedOut;
  }

  me(): Promise<Account> {
    return this.#call("/me");
  }

  issues(): Promise<Issue[]> {
    return this.#call("/issues");
  }

  issue(id: string): Promise<Issue> {
    return this.#call(`/issues/${encodeURIComponent(id)}`);
  }

  setStatus(id: string, status: IssueStatus): Promise<Issue> {
    return this.#call(`/issues/${encodeURIComponent(id)}`, json("PATCH", { status }));
  }

  comment(id: string, text: string): Promise<Issue> {
    return this.#call(`/issues/${encodeURIComponent(id)}/comments`, json("POST", { text }));
  }

  reset(): Promise<void> {
    return this.#call("/reset", { method: "POST" });
  }

  async #call<T>(path: string, init: RequestInit = {}): Promise<T> {
    const url = this.#resource + path;
    const send = async (nonce?: string) => request(url, await this.#session.authorize(url, init, nonce));
    let response = await send();
    // The API may want a nonce of its own in the proof (RFC 9449, section 9): once more, with it.
    const nonce = response.headers.get("DPoP-Nonce");
    if (response.status === 401 && nonce && response.headers.get("WWW-Authenticate")?.includes("use_dpop_nonce")) {
      response = await send(nonce);
    }
    const isStale = response.headers.get("WWW-Authenticate")?.includes(signInAgain) === true;
    if (response.status === 401 && !isStale) this.#onSignedOut();
    return readJson<T>(response);
  }
}

function json(method: string, body: unknown): RequestInit {
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}
