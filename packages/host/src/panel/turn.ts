let line: Promise<unknown> = Promise.resolve();

/**
 * Resolves for each panel of the page in a task of its own, the first one at once: the browser takes milliseconds to make a frame, and fifty made
 * together would hold up the page for as long as all of them take.
 */
export function turn(): Promise<unknown> {
  const own = line;
  line = line.then(nextTask);
  return own;
}

/** By a timer only where there is no other way: a hidden page runs one a second. */
function nextTask(): Promise<unknown> {
  return globalThis.scheduler?.postTask(() => {}) ?? new Promise((resolve) => setTimeout(resolve));
}
