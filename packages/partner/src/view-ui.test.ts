import { describe, expect, it, vi } from "vitest";
import { hostAndView } from "../test/support.js";

vi.setConfig({ testTimeout: 30_000 });

async function opened(
  setting: Parameters<typeof hostAndView>[0] = {},
  ...rest: Parameters<ReturnType<typeof hostAndView>["connect"]>
) {
  const pair = hostAndView(setting);
  const connecting = pair.connect(...rest);
  pair.host.remote.panel.opened({});
  return { ...pair, panel: await connecting };
}

describe("panel.ui", () => {
  it("tells the host what it is asked for, and dirty only when it changes", async () => {
    const asked: unknown[] = [];
    const { host, heard, panel } = await opened({
      words: {
        "panel.confirm": (question) => {
          asked.push(question);
          return { confirmed: asked.length === 1 };
        },
      },
    });
    panel.ui.setDirty();
    panel.ui.setDirty(true);
    panel.ui.setDirty(false);
    panel.ui.toast("Saved");
    panel.ui.toast({ message: "No", kind: "error" });
    panel.navigation.report();
    panel.navigation.report("/issues/7");
    expect(await panel.ui.confirm("Delete?")).toBe(true);
    expect(await panel.ui.confirm({ message: "Delete?", confirmLabel: "Yes" })).toBe(false);
    expect(await panel.ui.requestDisplay("dialog")).toEqual({ mode: "dialog" });
    expect(await panel.ui.openLink(new URL("https://a.example/"))).toEqual({ opened: true });
    expect(heard).toEqual([
      { dirty: true },
      { dirty: false },
      { message: "Saved" },
      { message: "No", kind: "error" },
      { path: "/view" },
      { path: "/issues/7" },
    ]);
    expect(asked).toEqual([{ message: "Delete?" }, { message: "Delete?", confirmLabel: "Yes" }]);
    host.close();
  });

  it("knows how the panel is shown: by the welcome, which an older host leaves out, and each change since", async () => {
    const older = await opened();
    expect(older.panel.ui.display).toBe("inline");
    older.host.close();
    const { host, panel } = await opened({ welcome: { display: "dialog" } });
    const modes: string[] = [];
    panel.ui.onDisplay((mode) => modes.push(mode));
    expect(panel.ui.display).toBe("dialog");
    host.remote.panel.displayed({ mode: "dialog" });
    host.remote.panel.displayed({ mode: "inline" });
    await host.ping();
    expect(modes).toEqual(["inline"]);
    host.close();
  });
});

describe("what the view answers", () => {
  it("navigate: handled where somebody listens and does not say false", async () => {
    const { host, panel } = await opened();
    const to = { path: "/issues/7", replace: false };
    const { navigate } = host.remote.panel;
    expect(await navigate(to)).toEqual({ handled: false });
    const stop = panel.on("navigate", () => false);
    expect(await navigate(to)).toEqual({ handled: false });
    panel.on("navigate", async () => {});
    expect(await navigate(to)).toEqual({ handled: true });
    stop();
    expect(await navigate(to)).toEqual({ handled: true });
    host.close();
  });

  it("beforeclose: one false is enough, and nobody who listens is none", async () => {
    const { host, panel } = await opened();
    const { beforeClose } = host.remote.panel;
    expect(await beforeClose({ reason: "a" })).toEqual({ canClose: true });
    panel.on("beforeclose", () => undefined);
    expect(await beforeClose({ reason: "a" })).toEqual({ canClose: true });
    panel.on("beforeclose", async ({ reason }) => reason !== "b");
    expect(await beforeClose({ reason: "a" })).toEqual({ canClose: true });
    expect(await beforeClose({ reason: "b" })).toEqual({ canClose: false });
    host.close();
  });

  it("focus: at the edge, unless somebody puts it elsewhere", async () => {
    const edges: string[] = [];
    const { host, panel } = await opened({}, {}, { focusEdge: (edge) => edges.push(edge) });
    host.remote.panel.focus({ edge: "start" });
    await host.ping();
    const stop = panel.on("focus", () => {});
    host.remote.panel.focus({ edge: "end" });
    await host.ping();
    stop();
    panel.on("focus", () => false);
    host.remote.panel.focus({ edge: "end" });
    await host.ping();
    expect(edges).toEqual(["start", "end"]);
    host.close();
  });
});
