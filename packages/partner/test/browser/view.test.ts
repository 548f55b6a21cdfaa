import {
  acceptSession,
  combineContracts,
  defineContract,
  implement,
  type Session,
} from "@partner-panel/postmessage-rpc";
import { hostPanel, viewPanel } from "@partner-panel/postmessage-rpc/panel";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "../../src/connect.js";

vi.setConfig({ testTimeout: 30_000 });

const theme = {
  colorScheme: "dark",
  designTokens: { "--color-text-primary": "rgb(1, 2, 3)", "--radius": "4px" },
  locale: "ar-EG",
  direction: "rtl",
  timeZone: "Africa/Cairo",
  reducedMotion: false,
};

interface Setting {
  style?: string;
  content?: string;
  options?: object;
  /** Whether the frame is given the height that the view reports, as a panel does. */
  follow?: boolean;
}

const use = combineContracts(defineContract({}), viewPanel);
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A host with one frame, by the real handshake: both are on the test server's origin, which is a loopback name. */
async function embedded({ style = "", content = "", options = {}, follow = true }: Setting) {
  const frame = document.createElement("iframe");
  frame.style.cssText = "border: 0; width: 400px; height: 150px";
  const query = new URLSearchParams({ style, content, options: JSON.stringify(options) });
  frame.src = `${new URL("./frames/view.html", import.meta.url).pathname}?${query}`;
  const heights: number[] = [];
  const ignore = () => {};
  document.body.append(frame);
  const session: Session<typeof use> = await acceptSession({
    target: frame.contentWindow as Window,
    origin: location.origin,
    welcome: { instanceId: "panel-1", context: {}, ...theme },
    use,
    provide: implement(hostPanel, {
      "panel.size": ({ height }) => {
        heights.push(height);
        if (follow) frame.style.height = `${height}px`;
      },
      "panel.ready": ignore,
      "panel.fail": ignore,
      "panel.signIn": ignore,
      "panel.assertion": () => ({ assertion: "" }),
      "panel.exchange": () => ({ access_token: "", token_type: "DPoP" }),
      "panel.stepUp": () => ({}),
      "panel.scopes.request": () => ({ granted: [], refused: [] }),
      "panel.scopes.revoke": () => ({ granted: [], refused: [] }),
      "panel.dirty": ignore,
      "panel.activity": ignore,
      "panel.route": ignore,
      "panel.toast": ignore,
      "panel.key": ignore,
      "panel.display": ({ mode }) => ({ mode }),
      "panel.openLink": () => ({ opened: false }),
      "panel.confirm": () => ({ confirmed: false }),
    }),
  });
  ends.push(() => {
    session.close();
    frame.remove();
  });
  session.remote.panel.opened({});
  const view = frame.contentWindow as Window & typeof globalThis;
  const panel = await view.connecting;
  const main = view.document.querySelector("main") as HTMLElement;
  return { frame, session, view, panel, main, heights, root: view.document.documentElement };
}

/** A busy machine may take its time. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 });

/** Long enough for a loop to show: each turn of one takes a frame or two. */
async function frames(count = 30): Promise<void> {
  for (let left = count; left > 0; left--) await new Promise((resolve) => requestAnimationFrame(resolve));
}

describe("connect, in a frame", () => {
  it("says NOT_EMBEDDED in a window by itself", async () => {
    // The test's own frame has a parent; a window that does not is its top.
    vi.spyOn(window, "parent", "get").mockReturnValue(window);
    const manifest = { name: { en: "Issues", ar: "المشكلات" }, surfaces: { link: { entry: "/issues" } } };
    vi.spyOn(window, "fetch").mockImplementation(async () => Response.json(manifest));
    const appears = async (selector: string) => {
      const find = () => document.body.firstElementChild?.shadowRoot?.querySelector(selector) ?? null;
      await soon(find).not.toBe(null);
      return find() as Element;
    };
    await expect(connect({ hosts: [] })).rejects.toMatchObject({
      code: "NOT_EMBEDDED",
      message: expect.stringContaining("<partner-panel>"),
    });
    // It says so to whoever opened it, and leads on.
    const page = await appears("section");
    expect(page.textContent).toContain("This page is part of another product");
    expect(await appears("a")).toMatchObject({ textContent: "Open Issues", href: `${location.origin}/issues` });
    document.body.firstElementChild?.remove();
    vi.mocked(fetch).mockResolvedValue(new Response("gone", { status: 404 }));
    await expect(connect({ hosts: [] })).rejects.toMatchObject({ code: "NOT_EMBEDDED" });
    await appears("section");
    expect(document.body.firstElementChild?.shadowRoot?.querySelector("a")).toBe(null);
    document.body.firstElementChild?.remove();
    await expect(connect({ hosts: [], standalone: false })).rejects.toMatchObject({ code: "NOT_EMBEDDED" });
    await frames();
    expect(document.body.firstElementChild?.shadowRoot ?? null).toBe(null);
    vi.restoreAllMocks();
  });

  it("does not wait for the rest of its code where nobody answers, or it is called off", async () => {
    // Through it Vitest has dynamic imports go.
    const runner = Reflect.get(globalThis, "__vitest_browser_runner__") as { wrapDynamicImport(): unknown };
    vi.spyOn(runner, "wrapDynamicImport").mockReturnValue(new Promise(() => {}));
    const calledOff = new AbortController();
    const connecting = connect({ hosts: [], signal: calledOff.signal });
    calledOff.abort();
    await expect(connecting).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(connect({ hosts: [], timeout: 50 })).rejects.toMatchObject({ code: "HANDSHAKE_TIMEOUT" });
    vi.restoreAllMocks();
  });

  it("connects with a host on a loopback name, and ends with it", async () => {
    const { panel, session } = await embedded({});
    expect(panel.hostOrigin).toBe(location.origin);
    session.close("bye");
    expect(await panel.closed).toMatchObject({ reason: "bye" });
    expect(panel.signal.aborted).toBe(true);
  });
});

describe("looks", () => {
  it("are on the root before anything is asked for, and change with the host's", async () => {
    const { session, view, root } = await embedded({ content: '<p style="color: var(--color-text-primary)">text</p>' });
    const text = view.document.querySelector("p") as HTMLElement;
    expect(root.lang).toBe("ar-EG");
    expect(root.dir).toBe("rtl");
    expect(view.getComputedStyle(root).colorScheme).toBe("dark");
    expect(view.getComputedStyle(text).color).toBe("rgb(1, 2, 3)");
    session.remote.panel.theme({
      ...theme,
      colorScheme: "light",
      direction: "ltr",
      locale: "en",
      designTokens: { "--color-text-primary": "rgb(4, 5, 6)" },
    });
    await soon(() => view.getComputedStyle(text).color).toBe("rgb(4, 5, 6)");
    expect(root.dir).toBe("ltr");
    expect(root.lang).toBe("en");
    expect(view.getComputedStyle(root).colorScheme).toBe("light");
    expect(root.style.getPropertyValue("--radius")).toBe("");
  });

  it("stay off with theme: false", async () => {
    const { panel, root } = await embedded({ options: { theme: false } });
    expect(root.getAttribute("style")).toBe(null);
    expect(root.lang).toBe("en");
    expect(panel.theme).toMatchObject({ colorScheme: "dark" });
  });
});

describe("height", () => {
  const block = (height: number) => `<div style="height: ${height}px"></div>`;

  it.each([
    ["plain", "", 0],
    ["with margins", "body { margin: 8px } main { margin: 20px 0 }", 40],
    ["in a body that fills the viewport", "html, body { height: 100% }", 0],
    ["in a body that is never less than the viewport", "body { min-height: 100vh; margin: 8px }", 16],
    ["in a body that scrolls by itself", "html, body { height: 100%; overflow: auto }", 0],
  ])("is the content's, %s: it grows, shrinks and comes to rest", async (_, style, around) => {
    const { heights, main, frame } = await embedded({ style, content: block(300) });
    await soon(() => frame.style.height).toBe(`${300 + around}px`);
    main.innerHTML = block(520.4);
    await soon(() => frame.style.height).toBe(`${521 + around}px`);
    main.innerHTML = block(90);
    await soon(() => frame.style.height).toBe(`${90 + around}px`);
    await frames();
    expect(heights).toEqual([300 + around, 521 + around, 90 + around]);
  });

  it("leaves styles and scroll position as they were", async () => {
    const style = "html, body { height: 100%; overflow: auto }";
    const { root, view, main, heights } = await embedded({
      style,
      content: block(900),
      follow: false,
      options: { theme: false },
    });
    await soon(() => heights.at(-1)).toBe(900);
    view.document.body.scrollTop = 200;
    main.innerHTML = block(1_000);
    await soon(() => heights.at(-1)).toBe(1_000);
    expect(view.document.body.scrollTop).toBe(200);
    expect(root.getAttribute("style")).toBe(null);
    expect(view.document.body.getAttribute("style")).toBe(null);
  });

  it("counts what is put straight into the body", async () => {
    const { view, heights } = await embedded({ style: "html, body { height: 100% }", content: block(100) });
    await soon(() => heights.at(-1)).toBe(100);
    const more = view.document.createElement("div");
    more.style.height = "50px";
    view.document.body.append(more);
    await soon(() => heights.at(-1)).toBe(150);
    more.style.height = "70px";
    await soon(() => heights.at(-1)).toBe(170);
  });

  it("does not chase a viewport that follows it", async () => {
    const { heights } = await embedded({ style: "main { min-height: 100vh; padding-bottom: 20px }" });
    await frames(60);
    expect(heights.length).toBeGreaterThan(0);
    expect(heights.length).toBeLessThan(6);
    const last = heights.length;
    await frames();
    expect(heights).toHaveLength(last);
  });

  it("is not told while there is nothing to be seen", async () => {
    const { frame, main, heights } = await embedded({ content: block(100) });
    await soon(() => heights).toEqual([100]);
    frame.style.display = "none";
    main.innerHTML = block(200);
    await frames();
    expect(heights).toEqual([100]);
    frame.style.display = "";
    await soon(() => heights).toEqual([100, 200]);
  });

  it("stays off with size: false, and stops with the session", async () => {
    const off = await embedded({ content: block(100), options: { size: false } });
    await frames();
    expect(off.heights).toEqual([]);
    const on = await embedded({ content: block(100) });
    await soon(() => on.heights).toEqual([100]);
    on.session.close();
    await on.panel.closed;
    on.main.innerHTML = block(200);
    await frames();
    expect(on.heights).toEqual([100]);
  });
});
