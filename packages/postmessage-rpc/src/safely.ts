/** Runs a user's callback; what it throws is reported as uncaught, like a listener's, and does not disturb the session. */
export function safely(run: () => void): void {
  try {
    run();
  } catch (error) {
    report(error);
  }
}

export function report(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  // biome-ignore lint/suspicious/noConsole: Node has no reportError, and a swallowed error would be worse.
  else console.error(error);
}
