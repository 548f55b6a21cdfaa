import type Provider from "oidc-provider";
import type { IdentitySettings } from "./settings.js";

/**
 * The provider's own defences, before anything else runs: a strict policy on every page, and cross-origin calls from its
 * clients' origins alone; but its metadata are everybody's to read.
 *
 * `form-action` names the clients' origins because Chromium checks that directive again at every redirect after a form
 * was sent, and signing in ends in a redirect to the client.
 */
export function guardProvider(provider: Provider, settings: IdentitySettings): void {
  const origins = new Set(settings.clients.map((client) => client.origin));
  const policy = [
    "default-src 'none'",
    // Allows nothing by itself; it is the place where oidc-provider adds the hash of its one self-submitting form.
    "script-src 'report-sample'",
    "style-src 'self'",
    // The pages' icon.
    "img-src 'self'",
    `form-action 'self' ${[...origins].join(" ")}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

  provider.use(async (context, next) => {
    context.set({
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
      // The address of a sign-in page names a running sign-in; no other site needs to learn it.
      "Referrer-Policy": "same-origin",
      // Signing in happens in windows, too, that a page of a client's opened and waits for: any other value would cut them off.
      "Cross-Origin-Opener-Policy": "unsafe-none",
    });
    const origin = context.get("Origin");
    const isPublic = context.path === "/.well-known/openid-configuration";
    const foreign = origin !== "" && origin !== settings.issuer && !origins.has(origin) && !isPublic;
    // oidc-provider answers a preflight from anywhere, and only then refuses the call: refuse the preflight already.
    if (foreign && context.method === "OPTIONS") {
      context.status = 403;
      return;
    }
    await next();
    if (!foreign) return;
    for (const name of Object.keys(context.response.headers)) {
      if (name.toLowerCase().startsWith("access-control-")) context.remove(name);
    }
  });
}
