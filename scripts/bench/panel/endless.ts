import { defineContract, method } from "@partner-panel/postmessage-rpc";

/** What either side provides to have a call under way for as long as it likes. */
export const endless = defineContract({
  "bench.wait": method({ scope: null }),
  "bench.nothing": method({ scope: null }),
});
