import type { TestDemo } from "./support/demo.js";
import { at, openLinkedIssue, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";
import type { Ui } from "./support/ui.js";

/* What QA switches by the address of a ticket's page. What each state is in detail, the element tests show. */

const part = (name: string) => `${at.panel} >> [part=${name}]`;
/** A press while the question is not yet armed does not count, as for a person. */
const answer = (name: string) => `${at.panel} >> .question:not([data-arming]) >> [part=question-${name}]`;
const open = (ui: Ui, demo: TestDemo, switches: string) =>
  ui.goto(`${demo.addresses.desk}/tickets/T-42?tools=on&${switches}`);

/** Those that come at once: `?qa=` and the code that the panel ends in. */
const faults = {
  "unknown-partner": "PARTNER_UNKNOWN",
  "unknown-view": "VIEW_UNKNOWN",
  "foreign-path": "CONFIG_REFUSED",
  "no-manifest": "MANIFEST_UNREACHABLE",
  "not-granted": "SURFACE_NOT_GRANTED",
  "old-version": "VERSION_MISMATCH",
  "other-host": "EMBEDDER_REFUSED",
  "no-assertion": "ASSERTION_REFUSED",
  "no-token": "TOKEN_REFUSED",
  fails: "PARTNER_FAILED",
  flooding: "QUARANTINED",
  "leaves-to-mallory": "ORIGIN_MISMATCH",
  "not-entitled": "NOT_ENTITLED",
} as const;

test("what goes wrong by a link is told by its code, and an unknown switch by its name @chromium", async ({
  ui,
  demo,
}) => {
  await openLinkedIssue(ui, demo, "ada");
  for (const [qa, code] of Object.entries(faults)) {
    await test.step(qa, async () => {
      await open(ui, demo, `qa=${qa}`);
      await expect.poll(() => ui.text("#panel-code")).toBe(code);
      expect(await ui.text(part("error"))).toContain(code);
    });
  }
  await ui.click(part("upgrade-button"));
  await expect.poll(() => stateOf(ui), "the last one goes with the larger plan").toBe("ready");

  await open(ui, demo, "qa=no-session");
  await expect.poll(() => stateOf(ui)).toBe("signing-in");
  await ui.click(part("cancel-button"));
  await expect.poll(() => ui.text("#panel-code")).toBe("SIGN_IN_REQUIRED");

  await open(ui, demo, "qa=reloads");
  await expect.poll(() => ui.text("#tool-states")).toMatch(/ready → connecting .*ready$/);
  expect(await ui.text("#tool-states"), "nobody was asked again").not.toContain("consenting");

  await open(ui, demo, "qa=nothing&theme=pink");
  await expect.poll(() => ui.text("#switched")).toContain("“theme” does not take “pink”");
  expect(await ui.text("#switched")).toContain("“qa” does not take “nothing”");
});

test("the view in Desk's colours, its address, a window; a draft, a question, a message; moved on the page", async ({
  ui,
  demo,
}) => {
  await openLinkedIssue(ui, demo, "ada");
  await open(ui, demo, "theme=dark&route=");
  await expect.poll(() => stateOf(ui)).toBe("ready");
  const view = ui.frame(at.panel);
  const darkness = () =>
    view.eval(() => {
      const { colorScheme, backgroundColor } = getComputedStyle(document.documentElement);
      return { colorScheme, backgroundColor };
    });
  expect(await darkness()).toEqual({ colorScheme: "dark", backgroundColor: "rgb(22, 32, 27)" });
  await test.step("left to the page, they follow its own while the view is shown", async () => {
    await ui.eval(() => document.querySelector("#linked-issue")?.setAttribute("theme", "auto"));
    await ui.eval(() => document.documentElement.style.setProperty("color-scheme", "light"));
    await expect.poll(async () => (await darkness()).colorScheme).toBe("light");
  });
  const loads = async () => (await ui.text("#tool-states"))?.split("loading").length;

  await test.step("its route stands in Desk's address, and Back is Desk's", async () => {
    await view.click("#tab-description");
    await expect.poll(() => ui.url()).toContain("tab%3Ddescription");
    expect(await view.visible("#issue-description")).toBe(true);
    await ui.eval(() => history.back());
    await expect.poll(() => view.visible("#issue-comments")).toBe(true);
    expect(await ui.url()).not.toContain("description");
  });

  await test.step("a draft is something to lose", async () => {
    await view.fill("#comment", "Half a thought");
    await expect.poll(() => ui.text("#tool-dirty")).toBe("yes");
    await ui.click("#tool-close");
    await expect.poll(() => ui.text("#tool-answer")).toContain("Not closed");
    await view.click("#discard-comment");
    await ui.click(answer("cancel"));
  });

  await test.step("in a window it is the same document, and closing it asks first", async () => {
    await ui.click("#tool-dialog");
    await ui.click(part("close-button"));
    await ui.click(answer("confirm"));
    await expect.poll(() => ui.text("#tool-answer")).toBe("dialog");
    await expect.poll(() => ui.visible(part("close-button"))).toBe(false);
    expect(await loads(), "one document").toBe(2);
  });

  await test.step("it is sent, and a message says so", async () => {
    await view.click("#send-comment");
    await expect.poll(() => ui.text(part("toast"))).toContain("Your comment was added.");
    await expect.poll(() => ui.text("#tool-dirty")).toBe("no");
    expect(await view.text("#issue-comments")).toContain("Half a thought");
  });

  await test.step("moved, it goes on or connects anew, and asks nobody", async () => {
    await ui.click("#tool-move");
    const isKept = await ui.eval(() => "moveBefore" in Element.prototype);
    await expect.poll(loads).toBe(isKept ? 2 : 3);
    await expect.poll(() => stateOf(ui)).toBe("ready");
    expect(await ui.text("#tool-states")).not.toContain("consenting");
  });
  expect(await ui.errors()).toEqual([]);
});

test("a page that forbids to be framed is told with the header to look at", async ({ ui, demo }) => {
  await signIn(ui, demo, "ada", "/tickets/T-42?qa=no-framing&tools=on");
  // The handshake's own limit is 10 s.
  await expect.poll(() => stateOf(ui), { timeout: 20_000 }).toBe("error");
  expect(await ui.text("#panel-code")).toBe("FRAMING_REFUSED");
  expect(await ui.text("#panel-error")).toContain("X-Frame-Options");
});
