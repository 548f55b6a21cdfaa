/** Somebody who can sign in at a provider of the demo. */
export interface DemoAccount {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** One line for the sign-in page: what this person may do. */
  readonly about: string;
  /** The scopes of the product's API that this person can be given. */
  readonly scopes: readonly string[];
}

/** An application that the provider serves. */
export interface DemoClient {
  readonly id: string;
  readonly name: string;
  /** The one origin its pages have: the only one that may call the token endpoint for it. */
  readonly origin: string;
  /** Of one that runs on a server. Left out: it is public, since it runs in browsers. */
  readonly secret?: string;
  readonly grantTypes: readonly string[];
  /** Paths on `origin` that may receive a code; none for a client that never runs the code flow. */
  readonly redirectPaths: readonly string[];
  /** Where it is told, from server to server, that a session of its has ended; a path on `origin`. Left out: it is not told. */
  readonly logoutPath?: string;
  /** Whether its tokens must be bound to a key (RFC 9449, section 5.2). */
  readonly dpop: boolean;
}

/** What makes one provider of the demo differ from the other. */
export interface IdentitySettings {
  readonly issuer: string;
  readonly product: string;
  /** Hue of the sign-in page, in degrees. */
  readonly hue: number;
  readonly accounts: readonly DemoAccount[];
  readonly clients: readonly DemoClient[];
  /** The product's API: the audience of the access tokens, its scopes, and how long the next such token lives, in seconds. */
  readonly api: { readonly resource: string; readonly scopes: readonly string[]; tokenSeconds(): number };
}
