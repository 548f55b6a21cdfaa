import { Refusal } from "./refusal.js";
import { mediaType } from "./words.js";

/**
 * The session of a request that comes from one of the host's own pages, by `fetch`: no other site can make a browser send it.
 *
 * @throws {Refusal} 403 `access_denied` (another origin), 400 `invalid_request` (no JSON), 401 `login_required` (no session).
 */
export async function sessionOfOwnPage<Session>(
  request: Request,
  origin: string,
  authenticate: (request: Request) => Session | undefined | Promise<Session | undefined>,
): Promise<Session> {
  // Both, for each has been got round by itself: some browsers leave out Origin, some old ones Sec-Fetch-Site.
  if (request.headers.get("origin") !== origin || request.headers.get("sec-fetch-site") !== "same-origin") {
    throw new Refusal(403, "access_denied", `Only pages of ${origin} may ask, with fetch and a POST.`);
  }
  if (mediaType(request) !== "application/json") {
    throw new Refusal(400, "invalid_request", "Send content-type: application/json.");
  }
  const session = await authenticate(request);
  if (!session) throw new Refusal(401, "login_required", "Nobody is signed in at the host. Sign in and try again.");
  return session;
}
