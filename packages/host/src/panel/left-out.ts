import { Failure } from "../errors.js";

/** The host's policy gives less than the view can do without; which scopes, is also the failure's cause. */
export function notGranted(scopes: readonly string[]): Failure {
  const message = `The host's policy leaves out ${scopes.join(", ")}, which the view cannot do without`;
  return new Failure("SURFACE_NOT_GRANTED", { message, cause: { scopes } });
}

/** The customer's plan does. */
export function notEntitled(scopes: readonly string[]): Failure {
  return new Failure("NOT_ENTITLED", { message: `The plan leaves out ${scopes.join(", ")}`, cause: { scopes } });
}
