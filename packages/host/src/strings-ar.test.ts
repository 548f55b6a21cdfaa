import { describe, expect, it } from "vitest";
import { englishGrantsStrings } from "./grants/grants-strings.js";
import { englishStrings } from "./strings.js";
import { arabicStrings } from "./strings-ar.js";

type Texts = Readonly<Record<string, string>>;
const { errors, ...texts } = arabicStrings;
const { errors: englishErrors, ...english } = { ...englishStrings, ...englishGrantsStrings };

/** The words to be filled in, in the order of the alphabet. */
const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).sort();

describe("Arabic", () => {
  it("says all that English says, and fills in the same", () => {
    for (const [own, other] of [
      [texts, english],
      [errors, englishErrors],
    ] as [Texts, Texts][]) {
      expect(Object.keys(own).sort()).toEqual(Object.keys(other).sort());
      for (const [name, text] of Object.entries(own)) {
        expect(text, name).toMatch(/\p{Script=Arabic}/u);
        expect(blanks(text), name).toEqual(blanks(other[name] ?? ""));
      }
    }
  });
});
