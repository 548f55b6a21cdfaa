/** The least that a view does. */
import { connect } from "@partner-panel/partner";

const panel = await connect({ hosts: [location.origin.replace("//view.", "//host.")], auth: false });
panel.ready();
