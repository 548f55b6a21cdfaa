import type { Story } from "./stories.js";

const ticket = (switches: string) => `/tickets/T-42?${switches}`;

/** How a panel looks, where it is shown, what its view has the host do, and how it lives while nobody looks at it. */
export const lookStories: readonly Story[] = [
  {
    id: "theme",
    title: "Colours",
    href: ticket("theme=dark"),
    todo: "Open this link; then “theme=light”, and without it switch the system's colours while the panel is shown. Turn on “reduce motion” in the system, too.",
    expect:
      "Desk's page and the view are dark from the first paint on, whatever the system says. Without the switch both follow the system at once. With less motion nothing pulses.",
  },
  {
    id: "arabic",
    title: "Arabic, from right to left",
    href: ticket("locale=ar&qa=not-entitled"),
    todo: "Open this link; then without “qa”, and “qa=slow”.",
    expect:
      "What the panel itself says is Arabic. The view, which has English words alone, is laid out from right to left; what people wrote keeps its own direction.",
  },
  {
    id: "time-zone",
    title: "Another time zone",
    href: ticket("time-zone=Asia/Tokyo"),
    todo: "Open this link, change the ticket's priority on Desk's page, and hold the mouse over the time of a comment.",
    expect: "The changes in the view, and the exact time of the comment, are Tokyo's.",
  },
  {
    id: "narrow",
    title: "A narrow panel, and a low one",
    href: ticket("width=320&max-height=400"),
    todo: "Open this link. Then make the window as narrow as a phone, and zoom to 200 %.",
    expect:
      "The view fits 320 px and scrolls inside its 400 px; nothing is cut off, and the page does not scroll sideways.",
  },
  {
    id: "dialog",
    title: "In a window",
    href: ticket("display=dialog"),
    todo: "Open this link and press Escape. Then the button with two arrows in the view; begin a comment there, and press Escape. At last “display=fullscreen”.",
    expect:
      "The same document moves into a window above the page and back: the draft stays. Tab goes round in the window. With a draft Escape asks first. Afterwards the focus is in the view again.",
  },
  {
    id: "draft",
    title: "A draft, a question, a message",
    href: ticket("tools=on"),
    todo: "Write a comment and press “Discard”; keep it. Press “Close” below the panel. Then send the comment.",
    expect:
      "Desk's panel asks, under Trackwell's name. “Something not saved” says yes, and the panel is not closed. Sent, a short message says so, and it can be closed.",
  },
  {
    id: "link",
    title: "A link out of the frame",
    href: ticket("tools=on"),
    todo: "Press “Open TRK-7 in Trackwell” in the view: the square with an arrow.",
    expect: "Trackwell's own page of the issue opens in a new tab, which knows nothing of Desk's.",
  },
  {
    id: "route",
    title: "The view's route in Desk's address",
    href: ticket("route="),
    todo: "Press “Description” in the view; then the browser's Back, Forward, and reload. Copy the address into another tab.",
    expect:
      "Desk's address follows the view and the view Desk's address, in the same document. Without “route” Desk's address and history stay as they are.",
  },
  {
    id: "shortcuts",
    title: "Keys and activity",
    href: ticket("tools=on"),
    todo: "Click into the view and press “/”. Go back, write “a/b” as a comment, and look below the panel.",
    expect:
      "“/” comes to Desk's search wherever the focus is, but not from a field. Desk is told that somebody is active, once in five seconds at most, and never what they do.",
  },
  {
    id: "keep-alive",
    title: "Hidden, suspended, resumed",
    href: ticket("tools=on&keep-alive=on"),
    todo: "Press “Hide or show” twice; then the same without “keep-alive”. “Suspend” and “Resume” do it by hand.",
    expect:
      "Hidden, the panel is suspended; shown, it is ready again at once, with its document as it was: no second sign-in. Without the switch it stays ready. Suspended by hand, the view says “Paused”.",
  },
  {
    id: "lazy",
    title: "Not before it comes into view",
    href: ticket("loading=lazy&tools=on"),
    todo: "Make the window so low or narrow that the panel is far below, and open this link; then scroll.",
    expect: "“idle” until the panel comes near the window. Below it nothing moves when it begins.",
  },
  {
    id: "prewarm",
    title: "Got ready before it is opened",
    href: ticket("prewarm=on&tools=on"),
    todo: "Look at the network log; move the mouse over “Show the issue”, or go there with Tab. Then press it.",
    expect:
      "The manifest is fetched as soon as one comes near the button, and no frame. After the press the issue is there sooner.",
  },
  {
    id: "move",
    title: "Moved on the page",
    href: ticket("tools=on"),
    todo: "Begin a comment, and press “Move”.",
    expect:
      "Where the browser has moveBefore (Chromium, Firefox) the panel goes on at its new place, draft and all. Elsewhere it connects anew, and asks for no consent.",
  },
  {
    id: "same-beside",
    title: "The same view twice",
    href: ticket("beside=trackwell"),
    todo: "Open this link, and take “See the open ticket” back below.",
    expect: "Both work, each with a session of its own; both say that the permission was taken back.",
  },
  {
    id: "refuse",
    title: "A No to what the view needs",
    href: ticket("consent=refuse&tools=on"),
    todo: "Take back what Trackwell may do, and open this link: Desk says No in your place.",
    expect: "CONSENT_REFUSED, in words. “Try again” asks anew; without the switch it is you who is asked.",
  },
  {
    id: "wrong-switch",
    title: "A switch that there is not",
    href: ticket("qa=nothing&theme=pink&width=7"),
    todo: "Open this link.",
    expect: "The page is as usual, and the line below the panel says what each of the switches takes.",
  },
  {
    id: "without-desk",
    title: "The view in a tab of its own",
    href: "/qa",
    todo: "Open Trackwell's “/embed/issue” (the address is on Integrations) in a tab.",
    expect: "A friendly page that says where the view belongs (NOT_EMBEDDED), with a link to Trackwell.",
  },
];
