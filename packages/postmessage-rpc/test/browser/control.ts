import * as v from "valibot";
import { defineContract, method } from "../../src/index.js";

/** With which the suite steers the far side's page: beside the contract that is tested, never part of it. */
export const control = defineContract({
  "test.grant": method({ scope: null, params: v.array(v.looseObject({ scope: v.string() })) }),
  "test.seen": method({ scope: null, result: v.any() }),
  "test.close": method({ scope: null, params: v.string() }),
});
