import { type ManifestFault, pointerTo } from "./faults.js";
import { manifestLimits as limits } from "./limits.js";
import type { Json } from "./read.js";
import { checkEntry, checkOrigin, checkUrl, quoted, type UrlFault } from "./url.js";

/**
 * What one member means for another, which the schema cannot say. Works on the manifest as read and takes nothing for
 * granted, so that these faults are told together with the schema's and not after them.
 *
 * @param url where the manifest was fetched from; null: from no address, and that rule is left out.
 */
export function crossFaults(manifest: Json, url: string | null | undefined): ManifestFault[] {
  const faults: ManifestFault[] = [];
  const add = (pointer: string, { code, message }: UrlFault) => faults.push({ pointer, code, message });
  const declared = text(member(manifest, "origin"));
  const origin = declared === undefined || declared.length > limits.url ? undefined : checkOrigin(declared).url?.origin;

  if (url !== null) {
    const served = url === undefined ? undefined : checkUrl(url).url?.origin;
    if (served === undefined) {
      faults.push({
        pointer: "",
        code: "SERVED_ELSEWHERE",
        message: "Was served from no usable address; give `url` as fetched.",
      });
    } else if (origin !== undefined && served !== origin) {
      const message = `Is served from ${served} but declares ${origin}; serve it from the origin that it declares.`;
      faults.push({ pointer: "/origin", code: "SERVED_ELSEWHERE", message });
    }
  }

  const entryAt = (holder: Json | undefined, key: string, pointer: string) => {
    const entry = text(member(holder, key));
    if (entry === undefined) return;
    if (entry.length > limits.url) {
      const message = `Must be at most ${limits.url} characters.`;
      faults.push({ pointer: pointerTo(pointer, key), code: "TOO_LONG", message });
      return;
    }
    const { fault } = checkEntry(entry, origin);
    if (fault !== undefined) add(pointerTo(pointer, key), fault);
  };
  for (const [index, icon] of items(member(manifest, "icons"))) entryAt(icon, "src", pointerTo("/icons", index));

  const scopes = member(manifest, "scopes");
  const scopesAt = (holder: Json | undefined, pointer: string) => {
    for (const [index, scope] of items(member(holder, "scopes"))) {
      if (typeof scope !== "string" || member(scopes, scope) !== undefined) continue;
      const message = `The scope ${quoted(scope)} is not declared; add it to the manifest's scopes, with a title.`;
      faults.push({ pointer: `${pointer}/scopes/${index}`, code: "SCOPE_UNDECLARED", message });
    }
  };

  for (const [name, surface] of entries(member(manifest, "surfaces"))) {
    const pointer = pointerTo("/surfaces", name);
    if (name === "link") entryAt(surface, "entry", pointer);
    else if (name !== "panel") scopesAt(surface, pointer);
    else {
      for (const [viewName, view] of entries(member(surface, "views"))) {
        const here = pointerTo(`${pointer}/views`, viewName);
        entryAt(view, "entry", here);
        scopesAt(view, here);
        if (member(view, "token") === true && member(manifest, "auth") === undefined) {
          const message =
            "This view needs a token, and the manifest has no auth to get one by; add auth, or leave token out.";
          faults.push({ pointer: `${here}/token`, code: "AUTH_MISSING", message });
        }
      }
    }
  }
  return faults;
}

function member(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function entries(value: Json | undefined): [string, Json][] {
  return isObject(value) ? Object.entries(value) : [];
}

function items(value: Json | undefined): [number, Json][] {
  return Array.isArray(value) ? [...value.entries()] : [];
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
