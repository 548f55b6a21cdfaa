import type { FaultCode, Finding, ManifestFault } from "./faults.js";
import { manifestLimits as limits } from "./limits.js";
import { quoted, visibleText } from "./text.js";
import type { UrlFault } from "./url.js";
import { permissionNames, surfaceNames } from "./vocabulary.js";

/** A fault with its sentence. */
export function explain({ pointer, code, about = [] }: Finding): ManifestFault {
  return { pointer, code, message: sentences[code](about, pointer) };
}

/** Why an address is refused, as a sentence. */
export function urlSentence({ code, about }: UrlFault): string {
  return sentences[code](about, "");
}

type Sentence = (about: readonly unknown[], pointer: string) => string;

const always =
  (sentence: string): Sentence =>
  () =>
    sentence;
const tooLong: Sentence = ([limit]) => `Must be at most ${limit} characters.`;
const wildcards = "Wildcards are refused; name each";

const sentences: Readonly<Record<FaultCode, Sentence>> = {
  // The text or value as a whole
  TOO_LARGE: always(`A manifest is at most ${limits.bytes / 1024} KiB (${limits.bytes} bytes) of UTF-8; shorten it.`),
  TOO_DEEP: always(`A manifest nests at most ${limits.depth} levels deep.`),
  TOO_MANY: (_, pointer) =>
    pointer === ""
      ? `A manifest holds at most ${limits.values} values, and ${limits.members} members or items in one place.`
      : `Has more than ${limits.members} members or items.`,
  NOT_JSON: ([why, detail], pointer) => notJson(String(why), String(detail), pointer),
  KEY_REFUSED: always("This name is refused everywhere; rename the member."),

  // Members and values
  MISSING: (_, pointer) => missing(pointer),
  TYPE: ([kind, value]) => `Must be ${expected[String(kind)] ?? `a ${kind}`}, not ${received(value)}.`,
  VALUE: ([values, value]) =>
    Array.isArray(values)
      ? `Must be ${values.map((each) => JSON.stringify(each)).join(" or ")}, not ${received(value)}.`
      : "Must name at least one.",
  UNKNOWN_KEY: ([known]) =>
    `Is not a member of the format; known here: ${Array.isArray(known) ? known.join(", ") : ""}. Members of your own begin with "x-".`,
  UNKNOWN_SURFACE: always(`Is no surface; the ladder is ${surfaceNames.join(", ")}.`),
  UNKNOWN_PERMISSION: (_, pointer) => unknownPermission(pointer),
  DUPLICATE: ([member]) =>
    member === true ? "Stands more than once in its object; keep one." : "Stands here twice; keep one.",
  TOO_LONG: tooLong,
  TEXT_EMPTY: ([language]) => `Must hold ${language === true ? "at least one language" : "something to read"}.`,
  TEXT_TOO_LONG: ([limit]) =>
    `Must be at most ${limit} characters, and hidden ones count as they are shown ([U+200B] is 8).`,
  LANGUAGE_TAG: always('Must be a BCP 47 language tag, as "en" or "pt-BR".'),
  NUMBER_INVALID: ([minimum, maximum]) => `Must be a whole number of CSS pixels, from ${minimum} to ${maximum}.`,
  ID_INVALID: always('Must be reverse DNS in lower case, as "com.example.issues".'),
  CLIENT_ID_INVALID: always("Must be printable ASCII and not empty (RFC 6749, appendix A.1)."),
  VERSION_INVALID: always('Must be a semantic version, as "2.3.0".'),
  PROTOCOL_INVALID: always('Must be a caret range of the bridge protocol, as "^1.0.0".'),
  VIEW_NAME: always('The name of a view is letters, digits, dashes and underscores, as "issue-list".'),
  VIEWS_EMPTY: always("A panel offers at least one view."),
  ICON_SIZES: always('Must be "any" or sizes as "48x48 96x96".'),
  ICON_TYPE: always('Must be a media type, as "image/svg+xml".'),
  ICON_PURPOSE: always('Must be of "any", "monochrome", "maskable".'),
  SCOPE_WILDCARD: always(`${wildcards} scope in full.`),
  SCOPE_INVALID: (_, pointer) =>
    pointer.startsWith("/auth/")
      ? "Must be one OAuth scope token (RFC 6749, section 3.3), without blanks or quotes."
      : 'A scope is "noun:verb" in lower case, as "ticket:read".',
  SCOPE_DUPLICATE: always("This scope is listed twice; keep one."),

  // One member against another
  SCOPE_UNDECLARED: ([scope]) =>
    `The scope ${quoted(String(scope))} is not declared; add it to the manifest's scopes, with a title.`,
  AUTH_MISSING: always(
    "This view needs a token, and the manifest has no auth to get one by; add auth, or leave token out.",
  ),
  SERVED_ELSEWHERE: ([served, origin]) =>
    served === undefined
      ? "Was served from no usable address; give `url` as fetched."
      : `Is served from ${served} but declares ${origin}; serve it from the origin that it declares.`,

  // Addresses
  URL_INVALID: ([text, what]) => {
    if (what === "issuer") return "An issuer has no query and no fragment (OpenID Connect Discovery 1.0, section 3).";
    if (what === "resource") return "A resource has no fragment (RFC 8707, section 2).";
    if (what === undefined) return `${address(text)} is not a URL; write it whole, as https://app.example/path.`;
    return `${address(text)} has a host name with ${address(what)} in it, which no DNS name has.`;
  },
  URL_SCHEME: ([text, scheme, ...schemes]) => {
    const secure = schemes.filter((each) => String(each).endsWith("s:")).join(" or ");
    return `${address(text)} has the scheme ${visibleText(String(scheme), 40)}, which is refused; use ${secure} instead.`;
  },
  URL_USER_INFO: ([text]) => `${address(text)} holds user info before the "@"; leave that out.`,
  URL_INSECURE: ([text]) =>
    `${address(text)} is not encrypted; use https (http is for localhost, *.localhost, 127.0.0.1 and [::1] only).`,
  URL_WILDCARD: ([text]) => `${address(text)} holds a wildcard; name each origin in full.`,
  URL_NOT_CANONICAL: ([text, what, canonical]) => {
    if (what === "label") {
      const { protocol, host } = new URL(String(text));
      const whole = host.split(".").filter(Boolean).join(".").replace(".:", ":");
      return `${address(text)} has an empty label in its host name; write it as ${address(`${protocol}//${whole}`)}.`;
    }
    const how = what === "origin" ? "an exact origin" : "in canonical form";
    return `${address(text)} is not ${how}; write it as ${address(canonical)}.`;
  },
  OFF_ORIGIN: ([text, to, origin]) => `${address(text)} leads to ${to}, off the declared origin ${origin}.`,
};

const address = (text: unknown) => quoted(String(text));

const expected: Readonly<Record<string, string>> = {
  text: `a string, or an object of strings by language (at most ${limits.members})`,
  list: "an array",
  map: "an object",
  object: "an object",
};

function received(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : String(value);
}

/** What a member is for, where its name alone does not tell what to write. */
const hints: Readonly<Record<string, string>> = {
  link: 'the link is the floor of every manifest; add { "entry": "/" }',
  title: "consent shows it to the user",
  protocol: 'the bridge protocol the view speaks, as "^1.0.0"',
  origin: 'the one origin of the views, as "https://app.example"',
  id: 'reverse DNS, as "com.example.issues"',
  version: 'a semantic version, as "2.3.0"',
  manifest_version: "1",
};

function missing(pointer: string): string {
  const name = pointer.slice(pointer.lastIndexOf("/") + 1);
  const hint = Object.hasOwn(hints, name) ? `: ${hints[name]}` : "";
  return `"${name}" is required${hint}.`;
}

function unknownPermission(pointer: string): string {
  if (pointer.includes("*")) return `${wildcards} permission.`;
  if (pointer.includes("top-navigation")) {
    return "A frame never navigates the host's page; ask the host to open a link.";
  }
  if (pointer.includes("modals")) return "A frame never opens modal boxes; ask the host to show a dialog.";
  return `Is no permission; known are ${permissionNames.join(", ")}.`;
}

/** @param why a word of read.ts's. */
function notJson(why: string, detail: string, pointer: string): string {
  switch (why) {
    case "text":
      return detail.trimStart().startsWith("<")
        ? "Is not JSON but looks like HTML; the address may lead to an error or sign-in page."
        : `Is not JSON (RFC 8259): ${firstError(detail)}.`;
    case "value":
      if (pointer === "") {
        const article = ["function", "symbol", "bigint"].includes(detail) ? "a " : "";
        return `Must be an object, not ${article}${visibleText(detail, 40)}; pass the manifest's text, or its value.`;
      }
      return `JSON cannot say this value (${visibleText(detail, 40)}); leave it out.`;
    case "getter":
      return "Is a getter, not a value; pass the manifest as parsed from JSON.";
    default:
      return "Cannot be read: the value throws when it is looked at.";
  }
}

/** The commonest mistakes, told without the engine's own words: these differ, and quote the text. */
function firstError(text: string): string {
  if (text.trim() === "") return "it is empty";
  if (/(?:^|\s)\/[/*]/.test(text)) return "it seems to hold a comment, which JSON has not";
  if (/,\s{0,100}[}\]]/.test(text)) return "it seems to have a comma before a closing bracket";
  return "check brackets, commas and quotes";
}
