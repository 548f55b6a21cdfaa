import { describe, expect, it } from "vitest";
import { connect } from "./connect.js";
import { hostCheck } from "./hosts.js";

const production = "app.trackwell.example";

describe("hostCheck", () => {
  it("compares origins whole", () => {
    const isHost = hostCheck(["https://desk.example", "https://desk.example:8443"], production);
    expect(isHost("https://desk.example")).toBe(true);
    expect(isHost("https://desk.example:8443")).toBe(true);
    for (const origin of [
      "http://desk.example",
      "https://desk.example:444",
      "https://desk.example.",
      "https://desk.example.evil.com",
      "https://desk.example@evil.com",
      "https://DESK.example",
      "https://sub.desk.example",
      "null",
      "",
    ]) {
      expect(isHost(origin), origin).toBe(false);
    }
  });

  it.each([
    "https://*.desk.example",
    "*",
    "https://desk.example/",
    "https://desk.example/tickets",
    "https://Desk.example",
    "https://desk.example:443",
    "https://user@desk.example",
    "https://bücher.example",
    "desk.example",
    "null",
    "file:///",
    "",
  ])("refuses %s as an entry", (entry) => {
    expect(() => hostCheck(["https://desk.example", entry], production)).toThrow(
      expect.objectContaining({ code: "CONFIG_REFUSED", message: expect.stringContaining(`"${entry}"`) }),
    );
  });

  it("says what an entry was perhaps meant to be", () => {
    expect(() => hostCheck(["https://Desk.example/"], production)).toThrow("perhaps https://desk.example");
  });

  it.each(["localhost", "trackwell.localhost", "127.0.0.1", "[::1]"])(
    "at %s takes hosts on loopback names too",
    (name) => {
      const isHost = hostCheck(["https://desk.example"], name);
      for (const origin of [
        "http://localhost:4100",
        "http://desk.localhost:4100",
        "http://127.0.0.1",
        "https://[::1]:8",
      ]) {
        expect(isHost(origin), origin).toBe(true);
      }
      expect(isHost("https://desk.example")).toBe(true);
      for (const origin of [
        "https://other.example",
        "http://localhost.evil.com",
        "http://127.0.0.1.evil.com",
        "null",
      ]) {
        expect(isHost(origin), origin).toBe(false);
      }
    },
  );

  it("takes none of them in production, not even where a name only looks like loopback", () => {
    for (const name of [production, "localhost.evil.com", "notlocalhost", "127.0.0.1.evil.com"]) {
      expect(hostCheck([], name)("http://desk.localhost:4100"), name).toBe(false);
    }
  });

  it("leaves everything to a function", () => {
    expect(hostCheck(() => false, "localhost")("http://localhost")).toBe(false);
    expect(hostCheck((origin) => origin === "https://a.example", production)("https://a.example")).toBe(true);
  });
});

// Never called: these are for the compiler.
export function origins(): unknown[] {
  const fromConfiguration: string[] = [];
  return [
    connect({ hosts: ["https://desk.example", "http://desk.localhost:4100"] }),
    connect({ hosts: fromConfiguration }),
    connect({ hosts: async (origin) => origin === "https://desk.example" }),
    // @ts-expect-error: a slash at its end
    connect({ hosts: ["https://desk.example/"] }),
    // @ts-expect-error: a wildcard
    connect({ hosts: ["https://*.desk.example"] }),
    // @ts-expect-error: no scheme
    connect({ hosts: ["desk.example"] }),
    // @ts-expect-error: nobody is named
    connect({}),
  ];
}
