/** What a back end of the demo answered when it did not answer with what was asked for. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  /** HTTP status; 0 when there was no answer at all. */
  readonly status: number;
  /** The back end's stable code (`TICKET_LOCKED`), or null when it gave none. */
  readonly code: string | null;

  constructor(message: string, options: { status: number; code?: string | null; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.status = options.status;
    this.code = options.code ?? null;
  }
}

/** The code of an answer that wants a more recent sign-in. */
export const signInAgain = "insufficient_user_authentication";

/** Reads a JSON answer. Throws {@link HttpError} for any status outside 2xx. */
export async function readJson<T>(response: Response): Promise<T> {
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  const body = (await response.json().catch(() => ({}))) as { code?: unknown; error?: unknown; message?: unknown };
  const message =
    typeof body.message === "string" ? body.message : `The server answered with status ${response.status}.`;
  // Of OAuth's own codes the one with which the person can do something (RFC 9470).
  const code = body.error === signInAgain ? signInAgain : body.code;
  throw new HttpError(message, { status: response.status, code: typeof code === "string" ? code : null });
}

/** As fetch, but an unreachable server is an {@link HttpError} with status 0, so that callers have one error to tell. */
export async function request(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (init?.signal?.aborted) throw cause;
    throw new HttpError("The server cannot be reached.", { status: 0, cause });
  }
}

/** The addresses this site was started with: `/config.json` of its own origin. */
export async function loadConfig<T>(): Promise<T> {
  return readJson<T>(await request("/config.json"));
}

/** An error as a sentence for the person at the screen. */
export function inWords(error: unknown): string {
  if (error instanceof HttpError) {
    switch (error.code ?? error.status) {
      case "TICKET_LOCKED":
        return "This ticket is locked. Nobody can change it until it is unlocked.";
      case signInAgain:
        return "This needs a sign-in of the last minutes. Sign in again to go on.";
      case 0:
        return "The server cannot be reached. Check that the demo is still running, then try again.";
      case 401:
        return "Your session has ended. Sign in again to go on.";
      case 403:
        return "Your account does not have the right to do this.";
      case 404:
        return "This does not exist, or no longer does.";
      default:
        return error.message;
    }
  }
  return error instanceof Error ? error.message : String(error);
}
