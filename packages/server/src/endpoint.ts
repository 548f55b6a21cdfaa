/** What every helper of this package is to a server: something that answers the requests that are its own. */
export interface Endpoint {
  /**
   * Answers a request, or gives `undefined` if it is not for this endpoint; its body is then still unread. Rejects only
   * with what a callback or the replay store failed with, or where a callback gave what it must not.
   */
  fetch(request: Request): Promise<Response | undefined>;
}
