/**
 * Characters that have no picture of their own and so can lie about the text around them: controls, bidirectional and
 * other format characters, lone surrogates, line and paragraph separators, whatever Unicode says is ignorable by
 * default (zero width, fillers, variation selectors, tags), the blank braille pattern and the blank note.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]/gu;

/** More than four combining marks in a row, which climb out of their line. */
const climbing = /(\p{M}{4})(\p{M}+)/gu;

/** Most texts, for which an engine never has to prepare the patterns above: that takes milliseconds. */
const plain = /^[ -~]*$/;

/** A text in one language, or one for each language by its BCP 47 tag: `{ "en": "Issues", "ar": "المشكلات" }`. */
export type Text = string | { [language: string]: string };

/**
 * Writes every character that could not be seen as its code point in brackets: `"a\u202Eb"` becomes `"a[U+202E]b"`.
 * Nothing is dropped, so that two texts that differ also look different. Applying it twice changes nothing more.
 *
 * The price is known and accepted: joiners inside an emoji or a Persian word are shown too.
 *
 * @param limit characters to keep; what is longer ends in `…`. Unlimited if left out.
 */
export function visibleText(text: string, limit = Number.POSITIVE_INFINITY): string {
  const shown = showUpTo(text, limit);
  if (shown.length <= limit) return shown;
  const cut = shown.slice(0, Math.max(0, limit - 1));
  const last = cut.charCodeAt(cut.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut}…`;
}

/**
 * As {@link visibleText}, but for what is longer than the limit: of that it gives something longer than the limit, right up to
 * it, which is all that is needed to tell. So a hostile text costs no more than a long one.
 */
export function showUpTo(text: string, limit: number): string {
  // A shown text is at least as long as its source, so cutting first cannot change the result.
  const source = text.length > limit ? text.slice(0, limit + 1) : text;
  if (plain.test(source)) return source;
  const marked = source.replace(unseen, codePoints(limit)).slice(0, limit + 1);
  const codePoint = codePoints(limit);
  return marked.replace(climbing, (_, four: string, more: string) => four + Array.from(more, codePoint).join(""));
}

/** Writes characters as their code points, as long as that can still stand before the limit. */
function codePoints(limit: number): (character: string) => string {
  let length = 0;
  return (character) => {
    if (length > limit) return "";
    const shown = `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`;
    length += shown.length;
    return shown;
  };
}

/** A value from a manifest as it may stand in a message: quoted, bounded, nothing hidden. */
export function quoted(text: string): string {
  return `"${visibleText(text, 100)}"`;
}

/**
 * The text in the reader's language: the exact tag, then ever shorter ones (`ar-EG` → `ar`), then English, then the
 * first there is. Looked up by own members only.
 *
 * @param locale a BCP 47 tag, as in `navigator.language`.
 */
export function textFor(text: Text, locale = "en"): string {
  if (typeof text === "string") return text;
  const byTag = new Map(Object.entries(text).map(([tag, words]) => [tag.toLowerCase(), words]));
  const parts = locale.toLowerCase().split("-");
  for (let length = parts.length; length > 0; length -= 1) {
    const words = byTag.get(parts.slice(0, length).join("-"));
    if (words !== undefined) return words;
  }
  return byTag.get("en") ?? byTag.values().next().value ?? "";
}
