/* A host's page in React 19: one type import makes the elements known to JSX. */
import type { PartnerPanel } from "@partner-panel/host";
import type {} from "@partner-panel/host/react";
import { useEffect, useRef, useState } from "react";

export function LinkedIssue({ ticketId }: { ticketId: string }) {
  const panel = useRef<PartnerPanel>(null);
  const [path, setPath] = useState("/issues");
  useEffect(() => {
    void panel.current?.requestDisplay("inline");
  }, []);
  return (
    <partner-panel
      ref={panel}
      className="linked"
      partner="trackwell"
      view="issue"
      label="Linked issue"
      context={{ ticketId }}
      path={path}
      display="dialog"
      minHeight={240}
      keepAlive
      onpartner-navigate={(event) => setPath(event.path)}
      onpartner-closerequest={(event) => event.respondWith(!event.dirty)}
    >
      <p slot="loading">One moment…</p>
    </partner-panel>
  );
}

export const settings = <partner-grants headingLevel={2} onpartner-audit={({ record }) => record.seq} />;

// @ts-expect-error: a panel needs its partner
export const nobody = <partner-panel view="issue" />;
// @ts-expect-error: there is no such mode
export const nowhere = <partner-panel partner="trackwell" view="issue" display="window" />;
// @ts-expect-error: the event has no such field
export const nothing = <partner-panel partner="a" view="b" onpartner-dirty={({ path }) => path} />;
