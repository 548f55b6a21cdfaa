import * as v from "valibot";
import { defineContract, notification } from "../../src/index.js";

/** What a page says as soon as its session is open, counting. */
export const mounted = defineContract({
  "mount.said": notification({ scope: null, params: v.object({ n: v.number() }) }),
});
