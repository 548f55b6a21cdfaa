import { type ConsentRecord, type ConsentStore, configurePartners, type PartnerGrants } from "@partner-panel/host";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cdp, page, userEvent } from "vitest/browser";
import { addActing } from "./acting-support.js";
import { badgeOf, button, opened } from "./consent-support.js";
import { addPanel, everything, longest, manifestUrl, next, type Panel, partnerOrigin, viewCalls } from "./support.js";

/*
 * axe in each state of a panel and of the grants. In every one of them it is first shown a fault, planted there, for a check that looks past
 * the state would pass for ever.
 */

async function violations(element: Element): Promise<string[]> {
  const { violations: found } = await axe.run({ include: [element as HTMLElement] }, { iframes: false });
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

/** @param place where in the state the fault is planted. */
async function expectAccessible(element: Element, place: Element): Promise<void> {
  const fault = document.createElement("p");
  fault.innerHTML = `<button type="button"></button><span style="color: #999; background: #aaa">pale</span>`;
  // First, for what is scrolled out of sight has no contrast.
  place.prepend(fault);
  const seen = (await violations(element)).join("\n");
  fault.remove();
  expect(seen).toContain("button-name");
  expect(seen).toContain("color-contrast");
  expect(await violations(element)).toEqual([]);
}

const root = (element: Element) => element.shadowRoot as ShadowRoot;
const within = async (element: Element, selector: string): Promise<Element> => {
  await expect.poll(() => root(element).querySelector(selector)).not.toBe(null);
  return root(element).querySelector(selector) as Element;
};

const panelStates: { state: string; show: () => Promise<[Panel, Element]> }[] = [
  {
    state: "on its way",
    show: async () => {
      const panel = addPanel({}, { query: { slow: "" } });
      return [panel, await within(panel, "[part=loading]")];
    },
  },
  {
    state: "connecting",
    show: async () => {
      const panel = addPanel({ view: "deaf" });
      await expect.poll(() => panel.state).toBe("connecting");
      return [panel, await within(panel, "[part=loading]")];
    },
  },
  {
    state: "somebody must sign in",
    show: async () => {
      const panel = addPanel({}, { query: { auth: "", entry: "?signin=SIGN_IN_REQUIRED" } });
      await within(panel, "[part=cancel-button]");
      return [panel, await within(panel, "[part=waiting]")];
    },
  },
  {
    state: "not in the plan, with what is offered instead",
    show: async () => {
      const upgrade = () => ({ label: "See plans", href: "/plans" });
      const panel = addPanel({}, { query: { required: "" }, plan: () => [], upgrade });
      await within(panel, "[part=upgrade-button]");
      return [panel, await within(panel, "[part=error]")];
    },
  },
  {
    state: "offline",
    show: async () => {
      vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
      const panel = addPanel({}, { query: { status: "503" } });
      await within(panel, "slot[name=offline]");
      return [panel, await within(panel, "[part=error]")];
    },
  },
];

const consentStates: { state: string; show: () => Promise<[Panel, Element]> }[] = [
  {
    state: "the dialog at opening",
    show: async () => {
      const panel = addPanel({}, { query: { required: "" } });
      return [panel, (await opened(panel)).querySelector(".consent-body") as Element];
    },
  },
  {
    state: "the dialog with as many and as long scopes as there can be",
    show: async () => {
      const panel = addPanel({}, longest);
      return [panel, (await opened(panel)).querySelector(".consent-body") as Element];
    },
  },
  {
    state: "the badge over a view that is ready",
    show: async () => {
      const panel = addPanel();
      await panel.ready;
      viewCalls(panel, "panel.scopes.request", { scopes: ["ticket:write"] }).catch(() => {});
      await expect.poll(() => badgeOf(panel)).not.toBe(null);
      return [panel, root(panel).querySelector(".panel") as Element];
    },
  },
  {
    state: "the badge before the view may open",
    show: async () => {
      const panel = addPanel({}, { query: { required: "" } });
      (await opened(panel)).dispatchEvent(new Event("cancel", { cancelable: true }));
      await expect.poll(() => badgeOf(panel)).not.toBe(null);
      return [panel, await within(panel, "[part=waiting]")];
    },
  },
  {
    state: "the panel after a No",
    show: async () => {
      const panel = addPanel({}, { query: { required: "" } });
      panel.addEventListener("partner-consentrequest", (event) => event.respondWith([]));
      await next(panel, "partner-error");
      return [panel, await within(panel, "[part=error]")];
    },
  },
];

const actingStates: { state: string; show: () => Promise<[HTMLElement, Element]> }[] = [
  {
    state: "its window",
    show: async () => {
      const panel = addActing();
      await panel.ready;
      await panel.requestDisplay("dialog");
      return [panel, await within(panel, "[part=header]")];
    },
  },
  {
    state: "the whole page",
    show: async () => {
      const panel = addActing();
      await panel.ready;
      await panel.requestDisplay("fullscreen");
      return [panel, await within(panel, "[part=header]")];
    },
  },
  {
    state: "a link",
    show: async () => {
      const panel = addActing();
      await panel.ready;
      panel.remote.act.do({ what: "panel.ui.openLink", with: ["https://docs.trackwell.example/a"] }).catch(() => {});
      return [panel, await within(panel, "[part=question]")];
    },
  },
  {
    state: "a question of the view's",
    show: async () => {
      const panel = addActing();
      await panel.ready;
      panel.remote.act.do({ what: "panel.ui.confirm", with: ["Really?"] }).catch(() => {});
      return [panel, await within(panel, "[part=question]")];
    },
  },
  {
    state: "a toast",
    show: async () => {
      const panel = addActing();
      await panel.ready;
      await panel.remote.act.do({ what: "panel.ui.toast", with: [{ message: "No", kind: "error" }] });
      return [panel, await within(panel, "[part=toast]")];
    },
  },
];

const recordOf = (partner: string, scope: string): ConsentRecord => ({
  partner,
  origin: partner.startsWith("gone") ? "https://gone.example" : partnerOrigin,
  user: "ada",
  scope,
  at: 1_700_000_000_000,
  lastUsed: 1_700_000_000_000,
});

const stored: readonly ConsentRecord[] = [
  ...["ticket:read", "ticket:write"].map((scope) => recordOf("localhost.partner.issues", scope)),
  recordOf("gone.partner", "ticket:read"),
];

/** A store that holds these, as far as `more` says nothing else. */
const storeOf = (records: readonly ConsentRecord[], more: Partial<ConsentStore> = {}): ConsentStore => ({
  list: () => [],
  listAll: () => records,
  add: () => {},
  remove: () => {},
  ...more,
});

function addGrants(consent: ConsentStore): PartnerGrants {
  configurePartners({
    partners: { trackwell: manifestUrl({ required: "", n: "accessible" }) },
    policy: { trackwell: everything },
    user: () => "ada",
    consent,
  });
  const grants = document.createElement("partner-grants");
  document.body.append(grants);
  return grants;
}

const never = () => new Promise<never>(() => {});
const fails = () => Promise.reject(new Error("away"));

const grantsStates: { state: string; show: () => Promise<[PartnerGrants, Element]> }[] = [
  {
    state: "loading",
    show: async () => {
      const grants = addGrants(storeOf([], { listAll: never }));
      return [grants, await within(grants, "[part=loading]")];
    },
  },
  {
    state: "empty",
    show: async () => {
      const grants = addGrants(storeOf([]));
      return [grants, await within(grants, "[part=empty]")];
    },
  },
  {
    state: "listed, with a partner that cannot be reached",
    show: async () => {
      const grants = addGrants(storeOf(stored));
      await within(grants, "[part=reason]");
      expect(root(grants).querySelectorAll("[part=notice]")).toHaveLength(1);
      return [grants, await within(grants, "[part=scope]")];
    },
  },
  {
    state: "being taken back",
    show: async () => {
      const grants = addGrants(storeOf(stored, { remove: never }));
      ((await within(grants, "[part=revoke-button]")) as HTMLElement).click();
      await within(grants, "[aria-disabled]");
      return [grants, await within(grants, "[part=scope]")];
    },
  },
  {
    state: "not saved",
    show: async () => {
      const grants = addGrants(storeOf(stored, { remove: fails }));
      ((await within(grants, "[part=revoke-button]")) as HTMLElement).click();
      return [grants, await within(grants, ".failed")];
    },
  },
  {
    state: "unreadable",
    show: async () => {
      const grants = addGrants(storeOf([], { listAll: fails }));
      return [grants, await within(grants, "[part=error]")];
    },
  },
];

const { documentElement } = document;
const looks = [
  { look: "light", scheme: "light", direction: "ltr", background: "#ffffff" },
  { look: "dark and right to left", scheme: "dark", direction: "rtl", background: "#14161b" },
] as const;

describe.each(looks)("$look", ({ scheme, direction, background }) => {
  beforeEach(() => {
    documentElement.style.colorScheme = scheme;
    documentElement.style.background = background;
    documentElement.dir = direction;
    documentElement.lang = "en";
  });
  afterEach(() => {
    vi.restoreAllMocks();
    documentElement.removeAttribute("style");
    documentElement.removeAttribute("dir");
    documentElement.removeAttribute("lang");
  });

  test.each(panelStates)("the panel: $state", async ({ show }) => {
    const [panel, place] = await show();
    await expectAccessible(panel, place);
  });

  test.each(consentStates)("consent: $state", async ({ show }) => {
    const [panel, place] = await show();
    await expectAccessible(panel, place);
  });

  test.each(actingStates)("at the view's word: $state", async ({ show }) => {
    // Whoever pressed something on the page just now would be taken to the link without a question.
    await expect.poll(() => navigator.userActivation.isActive, { timeout: 15_000 }).toBe(false);
    const [panel, place] = await show();
    await expectAccessible(panel, place);
  });

  test.each(grantsStates)("grants: $state", async ({ show }) => {
    const [grants, place] = await show();
    await expectAccessible(grants, place);
  });
});

describe("320 px wide and 480 high", () => {
  beforeEach(() => page.viewport(320, 480));
  afterEach(() => page.viewport(414, 896));

  test("the dialog shows its buttons whatever the texts; all of them can be scrolled to by keyboard", async () => {
    const panel = addPanel({}, longest);
    const dialog = await opened(panel);
    const body = dialog.querySelector(".consent-body") as HTMLElement;
    for (const element of [dialog, body, documentElement])
      expect(element.scrollWidth).toBeLessThanOrEqual(element.clientWidth);
    expect(body.scrollHeight).toBeGreaterThan(body.clientHeight);
    for (const which of ["allow", "deny"] as const) {
      const { left, right, top, bottom } = button(panel, which).getBoundingClientRect();
      expect([left >= 0, right <= innerWidth, top >= 0, bottom <= innerHeight]).toEqual([true, true, true, true]);
    }
    expect(root(panel).activeElement).toBe(body);
    await userEvent.keyboard("{End}");
    await expect.poll(() => body.scrollTop + body.clientHeight).toBeGreaterThan(body.scrollHeight - 2);
    await userEvent.keyboard("{Tab}");
    expect(root(panel).activeElement).toBe(button(panel, "deny"));
    await userEvent.keyboard("{Shift>}{Tab}{/Shift}");
    expect(root(panel).activeElement).toBe(body);
    // Round, and not out to the browser's own controls: that would be the end of the question.
    await userEvent.keyboard("{Shift>}{Tab}{/Shift}");
    expect(root(panel).activeElement).toBe(button(panel, "allow"));
    await userEvent.keyboard("{Tab}");
    expect(root(panel).activeElement).toBe(body);
  });

  test("the list runs over its side nowhere", async () => {
    const grants = addGrants(storeOf(stored));
    await within(grants, "[part=reason]");
    expect(documentElement.scrollWidth).toBe(320);
    for (const each of root(grants).querySelectorAll("*")) {
      if (!each.closest(".announcement"))
        expect(each.getBoundingClientRect().right, each.outerHTML).toBeLessThanOrEqual(320);
    }
  });
});

test("in forced colours what is a button has an edge", async () => {
  const emulate = (value: string) =>
    cdp().send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value }] });
  await emulate("active");
  try {
    expect(matchMedia("(forced-colors: active)").matches).toBe(true);
    const panel = addPanel({}, { query: { required: "" } });
    await opened(panel);
    expectEdges(panel, 2);
    const grants = addGrants(storeOf(stored));
    await within(grants, "[part=reason]");
    expectEdges(grants, 4);
  } finally {
    await emulate("none");
  }
});

function expectEdges(element: Element, count: number): void {
  const buttons = [...root(element).querySelectorAll("button")];
  expect(buttons).toHaveLength(count);
  for (const each of buttons) {
    const { borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(each);
    expect([borderTopWidth, borderTopColor !== backgroundColor], each.outerHTML).toEqual(["1px", true]);
  }
}
