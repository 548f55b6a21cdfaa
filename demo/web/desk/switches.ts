/** How Trackwell's view gets to know who the agent is. */
const signInModes = ["assertion", "exchange", "code"] as const;
export type SignInMode = (typeof signInModes)[number];

/** What QA can switch on a ticket's page by its address: `/tickets/T-42?sign-in=code&popups=off`. */
export interface Switches {
  readonly mode: SignInMode;
  /** Whether Desk's policy lets Trackwell's view open windows. */
  readonly popups: boolean;
}

export const usual: Switches = { mode: "assertion", popups: true };

export function readSwitches({ searchParams }: URL): Switches {
  const mode = signInModes.find((each) => each === searchParams.get("sign-in")) ?? usual.mode;
  return { mode, popups: searchParams.get("popups") !== "off" };
}

/** What is not as usual, for whoever looks at the page; empty if all is. */
export function switchWords({ mode, popups }: Switches): string {
  const words = [
    ...(mode === usual.mode ? [] : [`Trackwell signs in by mode “${mode}”`]),
    ...(popups ? [] : ["Trackwell may open no windows"]),
  ];
  return words.join("; ");
}
