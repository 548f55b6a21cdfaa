/**
 * The limits of the "raised" column, given to both sides. What is not here is the default.
 * @satisfies {Partial<import("@partner-panel/postmessage-rpc").Limits>}
 */
export const raised = {
  text: 4_194_304,
  nodes: 200_000,
  array: 20_000,
  inFlight: 10_000,
  queue: 20_000,
  queueBytes: 67_108_864,
  streamCredit: 2_048,
  rate: 1_000_000,
  burst: 1_000_000,
};
