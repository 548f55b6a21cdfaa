import { describe, expect, it } from "vitest";
import { sample, sampleWith, url } from "../test/sample.js";
import { manifestLimits as limits } from "./limits.js";
import { parseManifest } from "./parse.js";

/** The faults as "pointer CODE". */
function faultsOf(json: unknown, address: string | URL | null = url): string[] {
  const parsed = parseManifest(json, { url: address });
  return parsed.ok ? [] : parsed.faults.map(({ pointer, code }) => `${pointer} ${code}`);
}

function view(members: Record<string, unknown>): Record<string, unknown> {
  const { link } = sample().surfaces;
  return sampleWith({ surfaces: { link, panel: { views: { issue: { entry: "/embed/issue", ...members } } } } });
}

describe("a manifest that holds", () => {
  it("comes out as it went in, from text and from a value", () => {
    expect(parseManifest(sample(), { url })).toEqual({ ok: true, manifest: sample() });
    expect(parseManifest(JSON.stringify(sample()), { url: new URL(url) })).toEqual({ ok: true, manifest: sample() });
  });

  it("gets its defaults, and needs no more than the floor", () => {
    const { manifest_version, id, version, name, origin, protocol } = sample();
    const floor = { manifest_version, id, version, name, origin, protocol, surfaces: { link: { entry: "/" } } };
    expect(parseManifest(floor, { url })).toEqual({ ok: true, manifest: { ...floor, scopes: {}, permissions: {} } });
    const { modes: _, ...auth } = sample().auth;
    expect(parseManifest(sampleWith({ auth }), { url })).toMatchObject({
      manifest: { auth: { modes: ["assertion"] } },
    });
  });

  it("has defaults of its own, which nobody else's change reaches", () => {
    const { scopes: _, ...rest } = sampleWith({ surfaces: { link: { entry: "/" } } });
    const [one, two] = [parseManifest(rest, { url }), parseManifest(rest, { url })];
    if (!one.ok || !two.ok) throw new Error("It holds");
    one.manifest.scopes["a:b"] = { title: "Slipped in" };
    expect(two.manifest.scopes).toEqual({});
    expect(parseManifest(rest, { url })).toEqual(two);
  });

  it("may have every surface of the ladder, words in languages, and members of its own", () => {
    const surfaces = {
      ...sample().surfaces,
      icon: {},
      unfurl: {},
      data: { scopes: ["ticket:read"] },
      record: {},
      platform: {},
      bundle: {},
    };
    const name = { en: "Issues", ar: "المشكلات" };
    expect(faultsOf(sampleWith({ surfaces, name, "x-team": { any: ["thing"] } }))).toEqual([]);
  });

  it("has nothing hidden in its words", () => {
    const parsed = parseManifest(view({ title: "Issue\u202E\u200B" }), { url });
    expect(parsed).toMatchObject({
      manifest: { surfaces: { panel: { views: { issue: { title: "Issue[U+202E][U+200B]" } } } } },
    });
  });

  it("may be served over http on a loopback name", () => {
    const origin = "http://trackwell.localhost:4102";
    const local = sampleWith({ origin, surfaces: { link: { entry: `${origin}/` } } });
    expect(faultsOf(local, `${origin}/.well-known/partner-panel.json`)).toEqual([]);
  });
});

describe("faults", () => {
  it("are told all at once, in order, with pointers and sentences", () => {
    const json = sampleWith({
      manifest_version: 2,
      id: "Trackwell",
      version: "2.3",
      protocol: "*",
      extra: 1,
      "a/b~c": 1,
      scopes: { "*": { title: "All" }, "Ticket:Read": { title: "x" }, "ticket:write": {} },
      permissions: { "allow-top-navigation": {}, bluetooth: {} },
      surfaces: {
        link: { entry: "//evil.example/" },
        wormhole: {},
        panel: { views: { issue: { entry: "javascript:alert(1)", scopes: ["ticket:write", "ticket:write", "c:d"] } } },
      },
    });
    expect(faultsOf(json)).toEqual([
      "/a~1b~0c UNKNOWN_KEY",
      "/extra UNKNOWN_KEY",
      "/id ID_INVALID",
      "/manifest_version VALUE",
      "/permissions/allow-top-navigation UNKNOWN_PERMISSION",
      "/permissions/bluetooth UNKNOWN_PERMISSION",
      "/protocol PROTOCOL_INVALID",
      "/scopes/* SCOPE_WILDCARD",
      "/scopes/Ticket:Read SCOPE_INVALID",
      "/scopes/ticket:write/title MISSING",
      "/surfaces/link/entry OFF_ORIGIN",
      "/surfaces/panel/views/issue/entry URL_SCHEME",
      "/surfaces/panel/views/issue/scopes/1 SCOPE_DUPLICATE",
      "/surfaces/panel/views/issue/scopes/2 SCOPE_UNDECLARED",
      "/surfaces/wormhole UNKNOWN_SURFACE",
      "/version VERSION_INVALID",
    ]);
    const parsed = parseManifest(json, { url });
    for (const { message } of parsed.ok ? [] : parsed.faults) expect(message).toMatch(/^["A-Z].+\.$/);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      "names that are nearly one's own",
      { xtra: 1, x: 1, "X-team": 1, "x-team": 1, "x-": 1 },
      ["/X-team UNKNOWN_KEY", "/x UNKNOWN_KEY", "/xtra UNKNOWN_KEY"],
    ],
    ["an empty client id", { auth: { ...sample().auth, client_id: "" } }, ["/auth/client_id CLIENT_ID_INVALID"]],
    [
      "a client id with a line end",
      { auth: { ...sample().auth, client_id: "a\nb" } },
      ["/auth/client_id CLIENT_ID_INVALID"],
    ],
    ["no link", { surfaces: {} }, ["/surfaces/link MISSING"]],
    ["no views", { surfaces: { link: { entry: "/" }, panel: { views: {} } } }, ["/surfaces/panel/views VIEWS_EMPTY"]],
    ["an origin with a path", { origin: `${sample().origin}/` }, ["/origin URL_NOT_CANONICAL"]],
    ["an icon elsewhere", { icons: [{ src: "https://cdn.example/i.svg" }] }, ["/icons/0/src OFF_ORIGIN"]],
    ["an icon in data:", { icons: [{ src: "data:image/svg+xml,x" }] }, ["/icons/0/src URL_SCHEME"]],
    [
      "an icon's sizes, type, purpose",
      { icons: [{ src: "/i", sizes: "big", type: "text/html", purpose: "evil" }] },
      ["/icons/0/purpose ICON_PURPOSE", "/icons/0/sizes ICON_SIZES", "/icons/0/type ICON_TYPE"],
    ],
    [
      "a domain with a wildcard",
      { csp: { connectDomains: ["https://*.example"] } },
      ["/csp/connectDomains/0 URL_WILDCARD"],
    ],
    ["a socket for scripts", { csp: { resourceDomains: ["wss://a.example"] } }, ["/csp/resourceDomains/0 URL_SCHEME"]],
    [
      "a domain twice",
      { csp: { frameDomains: ["https://a.example", "https://a.example"] } },
      ["/csp/frameDomains/1 DUPLICATE"],
    ],
    [
      "an issuer with a query",
      { auth: { ...sample().auth, issuer: "https://id.example/?a=1" } },
      ["/auth/issuer URL_INVALID"],
    ],
    [
      "an issuer with a fragment",
      { auth: { ...sample().auth, issuer: "https://id.example/#a" } },
      ["/auth/issuer URL_INVALID"],
    ],
    [
      "a resource with a fragment",
      { auth: { ...sample().auth, resource: "https://api.example/#a" } },
      ["/auth/resource URL_INVALID"],
    ],
    ["an issuer over http", { auth: { ...sample().auth, issuer: "http://id.example" } }, ["/auth/issuer URL_INSECURE"]],
    ["an unknown mode", { auth: { ...sample().auth, modes: ["implicit"] } }, ["/auth/modes/0 VALUE"]],
    ["no mode", { auth: { ...sample().auth, modes: [] } }, ["/auth/modes VALUE"]],
    [
      "API scopes",
      { auth: { ...sample().auth, scopes: ["a", "a", "b c", "x:*"] } },
      ["/auth/scopes/1 SCOPE_DUPLICATE", "/auth/scopes/2 SCOPE_INVALID", "/auth/scopes/3 SCOPE_WILDCARD"],
    ],
    ["a name in no language", { name: {} }, ["/name TEXT_EMPTY"]],
    ["a name in a language that is none", { name: { "e n": "x" } }, ["/name/e n LANGUAGE_TAG"]],
    ["a name that is a number", { name: 5 }, ["/name TYPE"]],
    ["a blank name", { name: " \u3000" }, ["/name TEXT_EMPTY"]],
    ["scopes in a list", { scopes: ["ticket:read"], surfaces: { link: { entry: "/" } } }, ["/scopes TYPE"]],
    [
      "lists for objects",
      { permissions: ["forms"], scopes: [], csp: [], surfaces: { link: { entry: "/" } } },
      ["/csp TYPE", "/permissions TYPE", "/scopes TYPE"],
    ],
    ["a list for words", { name: [] }, ["/name TYPE"]],
    ["null for a member", { auth: null }, ["/auth TYPE"]],
    [
      "a member that reaches a prototype",
      { surfaces: JSON.parse('{"link":{"entry":"/"},"__proto__":{}}') },
      ["/surfaces/__proto__ KEY_REFUSED"],
    ],
    [
      "an undeclared scope of another surface",
      { surfaces: { link: { entry: "/" }, data: { scopes: ["a:b"] } } },
      ["/surfaces/data/scopes/0 SCOPE_UNDECLARED"],
    ],
  ])("tell of %s", (_, members, faults) => {
    expect(faultsOf(sampleWith(members))).toEqual(faults);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["an entry elsewhere", { entry: "https://evil.example/" }, "entry OFF_ORIGIN"],
    ["user info", { entry: "https://app.trackwell.example@evil.example/" }, "entry URL_USER_INFO"],
    ["blob:", { entry: "blob:https://app.trackwell.example/0" }, "entry URL_SCHEME"],
    ["about:srcdoc", { entry: "about:srcdoc" }, "entry URL_SCHEME"],
    ["srcdoc", { srcdoc: "<p>" }, "srcdoc UNKNOWN_KEY"],
    ["a height below nothing", { minHeight: -1 }, "minHeight NUMBER_INVALID"],
    ["half a pixel", { minHeight: 0.5 }, "minHeight NUMBER_INVALID"],
    ["an unknown way to show it", { display: ["inline", "popup"] }, "display/1 VALUE"],
    ["one way twice", { display: ["inline", "inline"] }, "display/1 DUPLICATE"],
    ["a scope's prefix", { scopes: ["ticket:read-all"] }, "scopes/0 SCOPE_UNDECLARED"],
    ["an inherited name as scope", { scopes: ["toString"] }, "scopes/0 SCOPE_INVALID"],
    ["an inherited name, which is not declared either", { scopes: ["toString"] }, "scopes/0 SCOPE_UNDECLARED"],
    ["a scope that is no string", { scopes: [1] }, "scopes/0 TYPE"],
  ])("tell of a view with %s", (_, members, fault) => {
    expect(faultsOf(view(members))).toContain(`/surfaces/panel/views/issue/${fault}`);
  });

  it("tell of a view that needs a token where there is no auth", () => {
    const { auth: _, ...rest } = view({ token: true });
    expect(faultsOf(rest)).toEqual(["/surfaces/panel/views/issue/token AUTH_MISSING"]);
    expect(faultsOf(view({ token: true }))).toEqual([]);
    const { auth: __, ...without } = view({ token: false });
    expect(faultsOf(without)).toEqual([]);
  });

  it("tell of a view's name", () => {
    const views = { "my issue": { entry: "/" }, Issue_2: { entry: "/" }, constructor: { entry: "/" } };
    expect(faultsOf(sampleWith({ surfaces: { link: { entry: "/" }, panel: { views } } }))).toEqual([
      "/surfaces/panel/views/constructor KEY_REFUSED",
      "/surfaces/panel/views/my issue VIEW_NAME",
    ]);
  });

  it.each([
    [undefined, "not undefined"],
    [null, "not null"],
    [Number.NaN, "not NaN"],
    [() => 1, "not a function"],
  ])("say what %s was, once, where there is no object at all", (value, said) => {
    const parsed = parseManifest(value, { url });
    expect(parsed.ok ? [] : parsed.faults.map(({ message }) => message)).toEqual([expect.stringContaining(said)]);
  });

  it("quote what was written without what hides in it", () => {
    const parsed = parseManifest(view({ entry: `java\tscript:${"\u202E".repeat(500)}` }), { url });
    const message = parsed.ok ? "" : (parsed.faults[0]?.message ?? "");
    expect(message).toContain('"java[U+0009]script:');
    expect(message).not.toContain("\u202E");
    expect(message.length).toBeLessThan(250);
  });
});

describe("the address it was served from", () => {
  it.each<[string, string | URL | null, string[]]>([
    ["its own origin, any path", `${sample().origin}/m.json?v=2`, []],
    ["no address, said outright", null, []],
    ["another origin", "https://evil.example/m.json", ["/origin SERVED_ELSEWHERE"]],
    ["a name that begins alike", "https://app.trackwell.example.evil.example/", ["/origin SERVED_ELSEWHERE"]],
    ["another port", "https://app.trackwell.example:8443/", ["/origin SERVED_ELSEWHERE"]],
    ["http", "http://app.trackwell.example/", [" SERVED_ELSEWHERE"]],
    ["user info", "https://a@app.trackwell.example/", [" SERVED_ELSEWHERE"]],
    ["a blob of its origin", "blob:https://app.trackwell.example/0", [" SERVED_ELSEWHERE"]],
    ["no URL at all", "nowhere", [" SERVED_ELSEWHERE"]],
  ])("%s", (_, address, faults) => {
    expect(faultsOf(sample(), address)).toEqual(faults);
  });

  it("cannot be left out by mistake", () => {
    expect(parseManifest(sample(), {} as { url: string })).toMatchObject({ ok: false });
    expect(parseManifest(sample(), undefined as unknown as { url: string })).toMatchObject({ ok: false });
  });
});

describe("limits, on both sides of their edge", () => {
  const padded = (bytes: number) => {
    const text = JSON.stringify(sample());
    return text + " ".repeat(bytes - text.length);
  };
  it("64 KiB of text", () => {
    expect(faultsOf(padded(limits.bytes))).toEqual([]);
    expect(faultsOf(padded(limits.bytes + 1))).toEqual([" TOO_LARGE"]);
  });
  it("64 KiB in bytes, not in characters", () => {
    const wide = JSON.stringify(sampleWith({ "x-wide": "é".repeat(limits.bytes / 2) }));
    expect(wide.length).toBeLessThan(limits.bytes);
    expect(faultsOf(wide)).toEqual([" TOO_LARGE"]);
    expect(faultsOf(JSON.parse(wide))).toEqual([" TOO_LARGE"]);
  });
  it("depth", () => {
    const nest = (levels: number): unknown => (levels === 0 ? 1 : [nest(levels - 1)]);
    expect(faultsOf(sampleWith({ "x-deep": nest(limits.depth - 1) }))).toEqual([]);
    expect(faultsOf(sampleWith({ "x-deep": nest(limits.depth) }))).toEqual([" TOO_DEEP"]);
  });
  it("members and items", () => {
    const scopes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`a:b${n}`, { title: "x" }]));
    const surfaces = { link: { entry: "/" } };
    expect(faultsOf(sampleWith({ surfaces, scopes: scopes(limits.members) }))).toEqual([]);
    expect(faultsOf(sampleWith({ surfaces, scopes: scopes(limits.members + 1) }))).toEqual(["/scopes TOO_MANY"]);
    expect(faultsOf(sampleWith({ "x-list": Array(limits.members + 1).fill(0) }))).toEqual(["/x-list TOO_MANY"]);
  });
  it("values", () => {
    const list = (count: number) => Array.from({ length: count }, () => Array(60).fill(0));
    expect(faultsOf(sampleWith({ "x-list": list(15) }))).toEqual([]);
    expect(faultsOf(sampleWith({ "x-list": list(17) }))).toEqual([" TOO_MANY"]);
  });
  it("titles and reasons, counted as they are shown", () => {
    const scope = (title: string, reason: string) =>
      sampleWith({ scopes: { ...sample().scopes, "ticket:read": { title, reason } } });
    expect(faultsOf(scope("x".repeat(limits.title), "x".repeat(limits.reason)))).toEqual([]);
    expect(faultsOf(scope("x".repeat(limits.title + 1), "x".repeat(limits.reason + 1)))).toEqual([
      "/scopes/ticket:read/reason TEXT_TOO_LONG",
      "/scopes/ticket:read/title TEXT_TOO_LONG",
    ]);
    expect(faultsOf(scope("\u200B".repeat(limits.title / 8), "x"))).toEqual([]);
    expect(faultsOf(scope("\u200B".repeat(limits.title / 8 + 1), "x"))).toEqual([
      "/scopes/ticket:read/title TEXT_TOO_LONG",
    ]);
  });
  it("names, ids, URLs, heights", () => {
    const scopes = (length: number) => ({ ...sample().scopes, [`a:${"b".repeat(length - 2)}`]: { title: "x" } });
    expect(faultsOf(sampleWith({ scopes: scopes(limits.name) }))).toEqual([]);
    expect(faultsOf(sampleWith({ scopes: scopes(limits.name + 1) }))).toEqual([
      `/scopes/a:${"b".repeat(limits.name - 1)} TOO_LONG`,
    ]);
    expect(faultsOf(sampleWith({ id: `a.${"b".repeat(limits.id - 2)}` }))).toEqual([]);
    expect(faultsOf(sampleWith({ id: `a.${"b".repeat(limits.id - 1)}` }))).toEqual(["/id TOO_LONG"]);
    expect(faultsOf(view({ entry: `/${"a".repeat(limits.url - 1)}` }))).toEqual([]);
    expect(faultsOf(view({ entry: `/${"a".repeat(limits.url)}` }))).toEqual([
      "/surfaces/panel/views/issue/entry TOO_LONG",
    ]);
    expect(faultsOf(view({ minHeight: limits.height }))).toEqual([]);
    expect(faultsOf(view({ minHeight: limits.height + 1 }))).toEqual([
      "/surfaces/panel/views/issue/minHeight NUMBER_INVALID",
    ]);
  });
});
