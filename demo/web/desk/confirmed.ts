/** The page in the window in which an agent signs in again. Registered with Desk's provider. */
export const confirmPath = "/confirm";

/** The `Tabs` over which that window tells the page that opened it. */
export const confirmChannel = "desk-confirm";

/** What that window says. */
export interface Confirmed {
  /** Which question it answers: as the page gave it to the window, for all of Desk's tabs hear this. */
  readonly id: string;
  /** The new session as oidc-client-ts writes it down; null for none. */
  readonly session: string | null;
}
