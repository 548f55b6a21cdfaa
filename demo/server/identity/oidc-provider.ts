/**
 * oidc-provider, without the one line it writes on import when it meets Node 20: "Unsupported runtime". The demo is
 * tested on Node 20.19 and on 22, and a newcomer who sees a warning at the first start looks for a fault that is not
 * there. Only that line is held back, only while importing; its other warnings speak of settings that ../provider.ts
 * makes, and would be right to be seen.
 */
const warn = console.warn;
console.warn = (...parts: unknown[]) => {
  if (!String(parts[0]).includes("Unsupported runtime")) warn(...parts);
};
const library = await import("oidc-provider").finally(() => {
  console.warn = warn;
});

export const { Provider, errors } = library;
