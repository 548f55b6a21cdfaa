import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseAssertionRequest,
  parseCredentials,
  parseExchangeRequest,
  parseForm,
  parseLinkRequest,
  parseScope,
  parseThumbprint,
  readText,
} from "./words.js";

const jkt = `${"A".repeat(42)}_`;
const scopeToken = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,12}$/);

describe("parseScope", () => {
  it("gives back what was joined, each once", () => {
    fc.assert(
      fc.property(fc.array(scopeToken, { minLength: 1 }), (scopes) => {
        expect(parseScope(scopes.join(" "))).toEqual([...new Set(scopes)]);
      }),
    );
  });

  it("accepts nothing that is not tokens with single spaces", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const scopes = parseScope(text);
        if (scopes) expect(text.split(" ").every((each) => scopes.includes(each) && each !== "")).toBe(true);
      }),
    );
    for (const bad of ["", " ", "a  b", " a", "a ", "a\tb", 'a"', "a\\", "é", "a\u200b", null, 1, ["a"]]) {
      expect(parseScope(bad)).toBeUndefined();
    }
  });
});

describe("parseThumbprint", () => {
  it("takes 43 characters of base64url and nothing else", () => {
    expect(parseThumbprint(jkt)).toBe(jkt);
    for (const bad of [jkt.slice(1), `${jkt}A`, `${jkt.slice(1)}=`, `${jkt.slice(1)}+`, `${jkt}\n`, undefined, [jkt]]) {
      expect(parseThumbprint(bad)).toBeUndefined();
    }
  });
});

describe("parseAssertionRequest", () => {
  it("reads an honest request, and ignores what it does not know", () => {
    const request = { jkt, scope: "issues:read issues:write", partner: "com.trackwell.issues" };
    expect(parseAssertionRequest(JSON.stringify({ ...request, more: 1 }))).toEqual({
      ...request,
      scope: ["issues:read", "issues:write"],
    });
  });

  it("never throws, and gives three strings or nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseAssertionRequest(text)).toBeUndefined();
      }),
    );
    const someof = fc.record(
      {
        jkt: fc.oneof(fc.constant(jkt), fc.anything()),
        scope: fc.oneof(scopeToken, fc.anything()),
        partner: fc.oneof(fc.string(), fc.anything()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(someof, (body) => {
        let text: string | undefined;
        try {
          text = JSON.stringify(body);
        } catch {
          return; // A bigint or the like: JSON cannot carry it.
        }
        const request = parseAssertionRequest(text);
        if (request) expect([request.jkt, typeof request.partner]).toEqual([jkt, "string"]);
      }),
    );
  });

  it("reads own members only", () => {
    expect(parseAssertionRequest(`{"__proto__": {"jkt": "${jkt}", "scope": "a", "partner": "p"}}`)).toBeUndefined();
  });
});

describe("parseForm", () => {
  it("gives back every form without repetition", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (form) => {
        const text = new URLSearchParams(Object.entries(form)).toString();
        expect(Object.fromEntries(parseForm(text) ?? [])).toEqual({ ...form });
      }),
    );
  });

  it("refuses every form with a repetition", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (name, one, two) => {
        const text = new URLSearchParams([
          [name, one],
          ["other", "1"],
          [name, two],
        ]).toString();
        expect(parseForm(text)).toBeUndefined();
      }),
    );
  });
});

describe("parseCredentials", () => {
  it("takes the scheme in any letters, and one token", () => {
    expect(parseCredentials("DPoP", "dpop a.b-c_~+/==")).toBe("a.b-c_~+/==");
    for (const bad of [
      null,
      "",
      "DPoP",
      "DPoP ",
      "Bearer a",
      "DPoPa",
      "DPoP a b",
      "DPoP a, DPoP b",
      "xDPoP a",
      " DPoP a",
    ]) {
      expect(parseCredentials("DPoP", bad)).toBeUndefined();
    }
  });

  it("never throws and never takes long", () => {
    const before = performance.now();
    fc.assert(
      fc.property(fc.string({ size: "large" }), (text) => {
        parseCredentials("DPoP", `DPoP ${text}`);
      }),
    );
    parseCredentials("DPoP", `DPoP ${"=".repeat(1e5)}!`);
    parseCredentials("DPoP", `${"a".repeat(1e5)}${" ".repeat(1e5)}`);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe("readText", () => {
  const post = (body: BodyInit, headers = {}) =>
    new Request("https://x.example/", { method: "POST", body, headers, duplex: "half" } as RequestInit);

  it("reads up to the limit, whatever length is claimed, and leaves the request unread", async () => {
    const request = post("é".repeat(50));
    expect(await readText(request, 100)).toBe("é".repeat(50));
    expect(await request.text()).toBe("é".repeat(50));
    expect(await readText(post("a".repeat(101)), 100)).toBeUndefined();
    expect(await readText(post("a", { "content-length": "101" }), 100)).toBeUndefined();
    expect(await readText(new Request("https://x.example/"), 100)).toBe("");
  });

  it("stops at the limit of a body without end", async () => {
    let chunks = 0;
    const endless = new ReadableStream({
      pull(controller) {
        chunks += 1;
        controller.enqueue(new Uint8Array(1_000));
      },
    });
    expect(await readText(post(endless), 10_000)).toBeUndefined();
    expect(chunks).toBeLessThan(20);
  });
});

describe("parseExchangeRequest and parseLinkRequest", () => {
  it("read honest requests, and ignore what they do not know", () => {
    const request = { proof: "a.b.c", scope: "issues:read", partner: "trackwell" };
    expect(parseExchangeRequest(JSON.stringify({ ...request, more: 1 }))).toEqual({
      ...request,
      scope: ["issues:read"],
    });
    expect(parseLinkRequest('{"assertion":"a.b.c","more":1}')).toBe("a.b.c");
  });

  it("never throw, and take own members of the right type alone", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseExchangeRequest(text)).toBeUndefined();
        expect(parseLinkRequest(text)).toBeUndefined();
      }),
    );
    for (const odd of [
      '{"__proto__":{"assertion":"a"}}',
      '{"assertion":""}',
      '{"assertion":["a"]}',
      '"assertion"',
      "[]",
    ])
      expect(parseLinkRequest(odd)).toBeUndefined();
    for (const member of ["proof", "scope", "partner"])
      for (const value of ["", 7, null, ["a"], {}])
        expect(
          parseExchangeRequest(JSON.stringify({ proof: "p", scope: "s", partner: "t", [member]: value })),
        ).toBeUndefined();
  });
});
