import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAbsolute, checkEntry, checkOrigin, isLoopback } from "./url.js";
import { urlSentence } from "./words.js";

const own = "https://app.example";

describe("checkOrigin", () => {
  it("takes exact origins", () => {
    for (const origin of [
      own,
      "https://app.example:8443",
      "https://xn--bcher-kva.example",
      "https://192.0.2.1",
      "https://[2001:db8::1]",
    ]) {
      expect(checkOrigin(origin).url?.origin).toBe(origin);
    }
  });

  it.each([
    ["https://app.example/", "URL_NOT_CANONICAL", own],
    ["https://app.example/path", "URL_NOT_CANONICAL", own],
    ["https://app.example?", "URL_NOT_CANONICAL", own],
    ["https://APP.example", "URL_NOT_CANONICAL", own],
    ["HTTPS://app.example", "URL_NOT_CANONICAL", own],
    ["https://app.example:443", "URL_NOT_CANONICAL", own],
    ["https://app.example.", "URL_NOT_CANONICAL", own],
    ["https://app..example:8443", "URL_NOT_CANONICAL", "https://app.example:8443"],
    ["https://.app.example", "URL_NOT_CANONICAL", own],
    ["http://.desk.localhost:1", "URL_NOT_CANONICAL", "http://desk.localhost:1"],
    ["https://a..example.:8443", "URL_NOT_CANONICAL", "https://a.example:8443"],
    ["http://[0:0:0:0:0:0:0:1]:4100", "URL_NOT_CANONICAL", "http://[::1]:4100"],
    ["http://0x7f.1", "URL_NOT_CANONICAL", "http://127.0.0.1"],
    ["https://ex\u00adample.com", "URL_NOT_CANONICAL", "https://example.com"],
    ["https:/app.example", "URL_NOT_CANONICAL", own],
    ["https://app.example\\@evil.example", "URL_NOT_CANONICAL", own],
    [" https://app.example", "URL_NOT_CANONICAL", own],
    ["https://ap\tp.example", "URL_NOT_CANONICAL", own],
    ["https:app.example", "URL_NOT_CANONICAL", own],
    ["https:\\\\app.example", "URL_NOT_CANONICAL", own],
    ["https://bücher.example", "URL_NOT_CANONICAL", "https://xn--bcher-kva.example"],
    ["https://ａpp.example", "URL_NOT_CANONICAL", own],
    ["https://2130706433", "URL_NOT_CANONICAL", "https://127.0.0.1"],
    ["https://@app.example", "URL_NOT_CANONICAL", own],
  ])("refuses %j and tells its canonical form", (text, code, canonical) => {
    const { fault } = checkOrigin(text);
    expect(fault?.code).toBe(code);
    expect(fault && urlSentence(fault)).toContain(`write it as "${canonical}"`);
  });

  it.each([
    ["https://partner.example@evil.example", "URL_USER_INFO"],
    ["https://:secret@app.example", "URL_USER_INFO"],
    ["https://*.example", "URL_WILDCARD"],
    ["https://*", "URL_WILDCARD"],
    ["*", "URL_WILDCARD"],
    ["", "URL_INVALID"],
    ["null", "URL_INVALID"],
    ["app.example", "URL_INVALID"],
    ["https://", "URL_INVALID"],
    ["https://a;b.example", "URL_INVALID"],
    ["https://a'b.example", "URL_INVALID"],
    ['https://a"b.example', "URL_INVALID"],
    ["https://a,b.example", "URL_INVALID"],
    ["http://app.example", "URL_INSECURE"],
    ["http://localhost.example", "URL_INSECURE"],
    ["http://127.0.0.2", "URL_INSECURE"],
    ["http://[::ffff:127.0.0.1]", "URL_INSECURE"],
    ["http://localhost.", "URL_INSECURE"],
    ["http://a.localhost.evil.example", "URL_INSECURE"],
    ["https://a.example%2fb", "URL_INVALID"],
    ["view-source:https://app.example", "URL_SCHEME"],
    ["filesystem:https://app.example/x", "URL_SCHEME"],
    ["javascript:alert(1)", "URL_SCHEME"],
    ["java\nscript:alert(1)", "URL_SCHEME"],
    ["data:text/html,x", "URL_SCHEME"],
    ["blob:https://app.example/0", "URL_SCHEME"],
    ["about:srcdoc", "URL_SCHEME"],
    ["file:///etc/passwd", "URL_SCHEME"],
    ["ftp://app.example", "URL_SCHEME"],
    ["wss://app.example", "URL_SCHEME"],
  ])("refuses %j as %s", (text, code) => {
    expect(checkOrigin(text).fault?.code).toBe(code);
  });

  it("takes http on loopback names alone", () => {
    for (const host of ["localhost", "desk.localhost", "a.desk.localhost", "127.0.0.1", "[::1]"]) {
      expect(isLoopback(host)).toBe(true);
      expect(checkOrigin(`http://${host}:4100`).fault).toBeUndefined();
    }
    for (const host of ["localhost.", "xlocalhost", "127.0.0.11", "[::2]"]) expect(isLoopback(host)).toBe(false);
  });

  it("takes nothing that could end a directive or name another origin", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string({ unit: "binary" }).map((text) => `https://${text}`),
          fc.string(),
        ),
        (text) => {
          const { url } = checkOrigin(text);
          if (url === undefined) return;
          expect(text).toBe(new URL(text).origin);
          expect(
            [...text].every((character) => "abcdefghijklmnopqrstuvwxyz0123456789-_.:/[]".includes(character)),
          ).toBe(true);
          expect(url.protocol === "https:" || isLoopback(url.hostname)).toBe(true);
        },
      ),
    );
    fc.assert(
      fc.property(fc.domain(), (domain) => {
        expect(checkOrigin(`https://${domain.toLowerCase()}`).fault).toBeUndefined();
      }),
    );
  });
});

describe("checkEntry", () => {
  it.each(["/", "/embed/issue", "/embed?x=1#y", own, `${own}/`, `${own}/embed`])("takes %j", (text) => {
    expect(checkEntry(text, own).url?.origin).toBe(own);
  });

  it.each([
    ["https://evil.example/embed", "OFF_ORIGIN"],
    ["//evil.example/embed", "OFF_ORIGIN"],
    ["///evil.example", "OFF_ORIGIN"],
    ["/\\evil.example", "OFF_ORIGIN"],
    ["//app.example/embed", "URL_NOT_CANONICAL"],
    ["?x", "URL_NOT_CANONICAL"],
    ["\\\\evil.example\\embed", "OFF_ORIGIN"],
    ["/\t/evil.example", "OFF_ORIGIN"],
    ["https://app.example.evil.example/", "OFF_ORIGIN"],
    ["https://app.example:8443/", "OFF_ORIGIN"],
    ["https://app.example./", "URL_NOT_CANONICAL"],
    ["https://app.example@evil.example/", "URL_USER_INFO"],
    ["javascript:alert(1)", "URL_SCHEME"],
    [" java\tscript:alert(1)", "URL_SCHEME"],
    ["data:text/html,x", "URL_SCHEME"],
    ["blob:https://app.example/0", "URL_SCHEME"],
    ["about:srcdoc", "URL_SCHEME"],
    ["embed/issue", "URL_NOT_CANONICAL"],
    ["/embed/../issue", "URL_NOT_CANONICAL"],
    ["/é", "URL_NOT_CANONICAL"],
    ["", "URL_NOT_CANONICAL"],
    ["http://[", "URL_INVALID"],
  ])("refuses %j as %s", (text, code) => {
    expect(checkEntry(text, own).fault?.code).toBe(code);
  });

  it("holds to what it can where the origin is no good", () => {
    expect(checkEntry("javascript:alert(1)", undefined).fault?.code).toBe("URL_SCHEME");
    expect(checkEntry("https://anywhere.example/", undefined).fault).toBeUndefined();
  });

  it("never leaves the origin, whatever is written", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webPath(),
          fc.webUrl(),
          fc.string({ unit: "binary" }).map((text) => `/${text}`),
        ),
        (text) => {
          expect([own, undefined]).toContain(checkEntry(text, own).url?.origin);
        },
      ),
    );
  });
});

describe("checkAbsolute", () => {
  it("takes whole URLs, with or without the slash after a bare host", () => {
    for (const text of ["https://id.example", "https://id.example/", "https://id.example/realms/a"]) {
      expect(checkAbsolute(text).fault).toBeUndefined();
    }
  });
  it.each(["/path", "https://ID.example/a", "https://id.example/a/../b", "http://id.example", "https://u@id.example"])(
    "refuses %j",
    (text) => expect(checkAbsolute(text).fault).toBeDefined(),
  );
});
