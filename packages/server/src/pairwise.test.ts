import { expect, it } from "vitest";
import { pairwiseSubjects } from "./pairwise.js";

const secret = new Uint8Array(32).fill(7);
const one = { issuer: "https://id.one.example" };
const two = { issuer: "https://id.two.example" };

it("gives one user one name at one partner, and another at every other", async () => {
  const name = pairwiseSubjects(secret);
  const ada = await name({ user: "ada" }, one);
  expect(ada).toMatch(/^[\w-]{43}$/);
  expect(await pairwiseSubjects(secret)({ user: "ada" }, one)).toBe(ada);
  const others = [
    await name({ user: "ada" }, two),
    await name({ user: "ben" }, one),
    await pairwiseSubjects(new Uint8Array(32))({ user: "ada" }, one),
  ];
  expect(new Set([ada, ...others]).size).toBe(4);
});

it("does not confuse where the issuer ends and the user begins", async () => {
  const name = pairwiseSubjects(secret);
  expect(await name({ user: 'x","b' }, { issuer: "a" })).not.toBe(await name({ user: "b" }, { issuer: 'a","x' }));
});

it("refuses a short secret", () => {
  expect(() => pairwiseSubjects(new Uint8Array(31))).toThrow(TypeError);
});
