import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { faults } from "./faults.js";
import { readSwitches, switchWords, usual } from "./switches.js";

const read = (query: string) => readSwitches(new URL(`http://desk.localhost/tickets/T-42?${query}`));

describe("the switches of a ticket's page", () => {
  test("are as usual where the address says nothing, and each is told in words where it does", () => {
    expect(switchWords(usual)).toEqual([]);
    const all = "qa=slow&sign-in=code&popups=off&consent=refuse&theme=dark&display=dialog&loading=lazy&keep-alive=on";
    const more =
      "&prewarm=on&locale=ar&time-zone=Asia/Tokyo&width=100&max-height=2000&route=&beside=trackwell&tools=on";
    const switches = read(all + more);
    expect(switches).toMatchObject({ qa: "slow", "sign-in": "code", locale: "ar", width: 100, route: "", wrong: [] });
    // Who else is on the page, and the tools, can be seen.
    expect(switchWords(switches)).toHaveLength(14);
  });

  test.each([
    ["qa=nothing", "qa"],
    ["qa=", "qa"],
    ["theme=pink", "theme"],
    ["theme=constructor", "theme"],
    ["locale=not_a_locale", "locale"],
    ["time-zone=Mars", "time-zone"],
    ["width=99", "width"],
    ["width=100.5", "width"],
    ["max-height=2001", "max-height"],
  ])("%s is told, and as if it were not there", (query, name) => {
    const switches = read(query);
    expect({ ...switches, wrong: [] }).toEqual(usual);
    expect(switchWords(switches)).toEqual([expect.stringContaining(`“${name}” does not take`)]);
  });
});

test("each thing that can go wrong has a row in docs/qa.md", () => {
  const guide = readFileSync(new URL("../../../../docs/qa.md", import.meta.url), "utf8");
  const missing = faults.filter(({ id }) => !guide.includes(`| \`&qa=${id}\` |`)).map(({ id }) => id);
  expect(missing).toEqual([]);
});
