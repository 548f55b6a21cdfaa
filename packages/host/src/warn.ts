/** Tells the developer, in the console, of what works and is unwise. Nothing a user's data could be in. */
export function warn(message: string): void {
  // biome-ignore lint/suspicious/noConsole: it is for whoever develops the page, and there is no other place to tell them.
  console.warn(`<partner-panel>: ${message}`);
}
