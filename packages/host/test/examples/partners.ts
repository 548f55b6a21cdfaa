// #region partners
/** Where each partner publishes its manifest. The partner told you; the page trusts this address and no other. */
export const partners = {
  trackwell: "https://app.trackwell.example/.well-known/partner-panel.json",
};
// #endregion
