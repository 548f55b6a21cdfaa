import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textFor, visibleText } from "./text.js";

describe("visibleText", () => {
  it("writes what cannot be seen as its code point", () => {
    expect(visibleText("a\u202Eb")).toBe("a[U+202E]b");
    expect(visibleText("\u0000\n\t\u007F")).toBe("[U+0000][U+000A][U+0009][U+007F]");
    expect(visibleText("a\u200B\u200D\u2060\uFEFF\u00ADb")).toBe("a[U+200B][U+200D][U+2060][U+FEFF][U+00AD]b");
    expect(visibleText("\u2066x\u2069\u2028\u3164\uFE0F\u2800")).toBe(
      "[U+2066]x[U+2069][U+2028][U+3164][U+FE0F][U+2800]",
    );
    expect(visibleText("\uFFF9\u0600")).toBe("[U+FFF9][U+0600]");
    expect(visibleText("\u{1D159}\u115F")).toBe("[U+1D159][U+115F]");
    expect(visibleText("\u{E0041}")).toBe("[U+E0041]");
    expect(visibleText("\uD83D!")).toBe("[U+D83D]!");
  });

  it("leaves what can be seen, in every script", () => {
    for (const text of ["Issues & <b>", "المُشكلات", "課題　一覧", "שָׁלוֹם", "हिन्दी", "Tiếng Việt", "😀", "a\u00A0b"]) {
      expect(visibleText(text)).toBe(text);
    }
  });

  it("shows combining marks from the fifth in a row on", () => {
    expect(visibleText(`a${"\u0300".repeat(4)}`)).toBe(`a${"\u0300".repeat(4)}`);
    expect(visibleText(`a${"\u0300".repeat(6)}`)).toBe(`a${"\u0300".repeat(4)}[U+0300][U+0300]`);
  });

  it("keeps to the limit and never cuts a character in half", () => {
    expect(visibleText("abcde", 5)).toBe("abcde");
    expect(visibleText("abcdef", 5)).toBe("abcd…");
    expect(visibleText("abc😀d", 5)).toBe("abc…");
    expect(visibleText("\u202E", 5)).toBe("[U+2…");
  });

  it("writes out no more than can stand before the limit, and drops nothing before it", () => {
    expect(visibleText("\u202E".repeat(1_000), 20)).toBe("[U+202E][U+202E][U+…");
    const climbs = `a${"\u0300".repeat(5)}${"\u202E".repeat(100)}`;
    expect(visibleText(climbs, 16)).toBe(`a${"\u0300".repeat(4)}[U+0300][U…`);
    expect(visibleText(`a${"\u0300".repeat(1_000)}`, 24)).toBe(`a${"\u0300".repeat(4)}[U+0300][U+0300][U…`);
  });

  it("is bounded, settled after one pass, and loses no difference", () => {
    const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
    const text = fc.string({ unit: "binary", maxLength: 30 });
    fc.assert(
      fc.property(text, fc.nat(40), (any, limit) => {
        const shown = visibleText(any);
        expect(shown).not.toMatch(invisible);
        expect(visibleText(shown)).toBe(shown);
        const cut = visibleText(any, limit);
        expect(cut.length).toBeLessThanOrEqual(Math.max(1, limit));
        expect(shown.length <= limit ? cut === shown : shown.startsWith(cut.slice(0, -1))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        fc.pre(!a.includes("[") && !b.includes("["));
        expect(visibleText(a) === visibleText(b)).toBe(a === b);
      }),
    );
  });
});

describe("textFor", () => {
  const name = { ar: "المشكلات", en: "Issues", "pt-BR": "Problemas" };

  it("takes the exact tag, then shorter ones, then English, then the first", () => {
    expect(textFor(name, "PT-br")).toBe("Problemas");
    expect(textFor(name, "ar-EG")).toBe("المشكلات");
    expect(textFor(name, "pt-PT")).toBe("Issues");
    expect(textFor({ de: "Vorgänge", fr: "Tickets" }, "ja")).toBe("Vorgänge");
    expect(textFor("Issues", "ar")).toBe("Issues");
  });

  it("finds own members only", () => {
    expect(textFor(name, "constructor")).toBe("Issues");
    expect(textFor({}, "toString")).toBe("");
  });
});
