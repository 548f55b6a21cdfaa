import { describe, expect, it } from "vitest";
import { readJson } from "./read.js";
import { explain } from "./words.js";

const codes = (input: unknown) => readJson(input).faults.map(({ pointer, code }) => `${pointer} ${code}`);

describe("text", () => {
  it.each([
    ['{"a":1,"a":2}', ["/a DUPLICATE"]],
    ['{"a":1,"\\u0061":2}', ["/a DUPLICATE"]],
    ['{"a":{"b":1,"b":1,"b":1}}', ["/a/b DUPLICATE"]],
    ['{"l":[{"x":1},[{"y":1,"y":2}]]}', ["/l/1/0/y DUPLICATE"]],
    ['{"a":{"x":1},"b":{"x":1},"c":["x","x"]}', []],
    ['{"a":"\\"","b":"{\\"a\\":1,\\"a\\":1}\\\\","c":", \\"a\\":"}', []],
    ['{"a":1,"b":{"c":[]},"a":2}', ["/a DUPLICATE"]],
    ["[1,2", [" NOT_JSON"]],
    ["", [" NOT_JSON"]],
    ["'a'", [" NOT_JSON"]],
    ['{"__proto__":1}', ["/__proto__ KEY_REFUSED"]],
  ])("%s", (text, faults) => {
    expect(codes(text)).toEqual(faults);
  });

  it.each([
    ["<!doctype html>", "HTML"],
    ["// a\n{}", "comment"],
    ['{"a":1,}', "comma"],
    ["", "empty"],
  ])("%j is told for what it seems to be", (text, word) => {
    expect(readJson(text).faults.map((fault) => explain(fault).message)).toEqual([expect.stringContaining(word)]);
  });

  it("is not parsed beyond its limits", () => {
    expect(codes("[".repeat(70_000))).toEqual([" TOO_LARGE"]);
    expect(codes("[".repeat(32_000) + "]".repeat(32_000))).toEqual([" TOO_DEEP"]);
  });
});

describe("a value", () => {
  it("is copied, so that a later change of it is not seen", () => {
    const inner = { a: 1 };
    const { value } = readJson({ inner });
    inner.a = 2;
    expect(value).toEqual({ inner: { a: 1 } });
  });

  it("may lack members by undefined, and has no prototype's members", () => {
    expect(readJson(Object.create({ a: 1 }, { b: { value: 1, enumerable: true }, c: { value: 1 } })).value).toEqual({
      b: 1,
    });
    expect(readJson({ a: undefined }).value).toEqual({});
  });

  it("is not asked by its getters, proxies or iterators", () => {
    let asked = 0;
    const getter = {
      get a() {
        asked += 1;
        return 1;
      },
    };
    expect(codes(getter)).toEqual(["/a NOT_JSON"]);
    const list = Object.assign([1], {
      *[Symbol.iterator]() {
        asked += 1;
        yield 2;
      },
    });
    expect(readJson(list).value).toEqual([1]);
    expect(
      codes({
        toJSON() {
          asked += 1;
        },
      }),
    ).toEqual(["/toJSON NOT_JSON"]);
    expect(asked).toBe(0);
    const hostile = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("no");
        },
      },
    );
    expect(codes({ hostile })).toEqual([" NOT_JSON"]);
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    expect(codes([proxy])).toEqual([" NOT_JSON"]);
  });

  it("may be a cycle, endless or sparse, and is refused for it", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    expect(codes(cycle)).toEqual([" TOO_DEEP"]);
    const endless = (): object =>
      new Proxy(
        {},
        {
          ownKeys: () => ["a"],
          getOwnPropertyDescriptor: () => ({ value: endless(), enumerable: true, configurable: true }),
        },
      );
    expect(codes(endless())).toEqual([" TOO_DEEP"]);
    expect(codes(new Array(4_000_000_000))).toEqual([" TOO_MANY"]);
    expect(codes(Object.assign(new Array(2), { 1: 1 }))).toEqual(["/0 NOT_JSON"]);
  });

  it.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol("a"), () => 1])(
    "%s is told as what JSON cannot say",
    (value) => {
      expect(codes([value])).toEqual(["/0 NOT_JSON"]);
    },
  );

  it("is measured as text would be", () => {
    expect(codes({ a: "x".repeat(70_000) })).toEqual([" TOO_LARGE"]);
    expect(codes({ ["x".repeat(70_000)]: 1 })).toEqual([" TOO_LARGE"]);
    expect(codes({ a: "\u0000".repeat(11_000) })).toEqual([" TOO_LARGE"]); // six characters each, as JSON writes them
  });
});
