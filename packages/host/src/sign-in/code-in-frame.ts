import type { CodeStrategy } from "../config.js";

/**
 * The sign-in strategy for a host that cannot vouch for its users, having no back end for instance: the view signs its user in at the
 * partner by itself, in a window that it opens on a click. The host neither sees a code or token, nor knows who that is.
 *
 * It needs `code` in the manifest's `auth.modes`, the permission `popups` in the manifest and in the host's policy, and a page whose
 * `Cross-Origin-Opener-Policy` is not `same-origin` (`same-origin-allow-popups` will do), for that would cut the window off.
 */
export function codeInFrame(): CodeStrategy {
  return { mode: "code" };
}
