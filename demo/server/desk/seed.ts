import type { Ticket } from "./tickets.js";

const hour = 60 * 60 * 1000;

type Seed = readonly [
  id: string,
  subject: string,
  requester: string,
  status: Ticket["status"],
  priority: Ticket["priority"],
  assignee: string | null,
  issueId: string | null,
  hoursAgo: number,
  messages: readonly string[],
];

// A message that begins with ">" is an agent's, any other the requester's.
const seeds: readonly Seed[] = [
  [
    "T-42",
    "Exported invoices lose their VAT number",
    "Noor Haddad",
    "open",
    "normal",
    "ada",
    "TRK-7",
    3,
    [
      "Since Monday the PDF of every invoice we export comes without our VAT number. Our accountant has to send them all back.",
      ">Thank you, Noor, I can see it in yours too. I have linked this to the bug our developers are working on.",
      "Is there anything we can do meanwhile? The quarter closes on Friday.",
    ],
  ],
  [
    "T-41",
    "Cannot invite a colleague: the link has expired",
    "Tomás Rivera",
    "open",
    "high",
    "ben",
    "TRK-12",
    5,
    ["Three invitations in a row were expired on arrival. The mails come at once, so the links cannot be old."],
  ],
  [
    "T-40",
    "Dark mode makes the calendar unreadable",
    "Mei Tanaka",
    "pending",
    "low",
    "ada",
    "TRK-15",
    9,
    ["Dates of the coming month are dark grey on black.", ">We have a fix in review. May I send you a preview?"],
  ],
  [
    "T-39",
    "Webhooks arrive twice",
    "Priya Raman",
    "open",
    "urgent",
    null,
    "TRK-9",
    11,
    ["Every order is booked twice in our warehouse since last night. We had to stop the integration."],
  ],
  [
    "T-38",
    "How do I change the billing address?",
    "Luca Moretti",
    "solved",
    "low",
    "ben",
    null,
    26,
    [
      "I only find the delivery address in the settings.",
      ">It is under Organisation → Billing. Let me know if you do not see that page.",
      "Found it, thanks!",
    ],
  ],
  [
    "T-37",
    "Import stops at row 10,000",
    "Amara Diallo",
    "open",
    "high",
    "ada",
    "TRK-3",
    30,
    ["Our catalogue has 14,200 rows. The import says that it succeeded, but nothing after row 10,000 is there."],
  ],
  [
    "T-36",
    "Please delete our trial account",
    "Jonas Weber",
    "pending",
    "normal",
    "ben",
    null,
    49,
    ["We decided on another product. Please delete everything, and tell me when it is done."],
  ],
  [
    "T-35",
    "Two-factor codes are refused on one phone",
    "Sofia Almeida",
    "open",
    "normal",
    null,
    null,
    52,
    ["The same secret works on my tablet. The phone's clock is right, I checked."],
  ],
  [
    "T-34",
    "The search finds archived projects first",
    "Ingrid Solheim",
    "open",
    "low",
    "ada",
    "TRK-18",
    75,
    ["A search for 'roadmap' shows eleven archived projects before the one that we work on."],
  ],
  [
    "T-33",
    "Legal hold: correspondence about contract 2291",
    "Fernhill Legal",
    "open",
    "normal",
    "ada",
    "TRK-20",
    96,
    ["Nobody may change this ticket until the matter is closed."],
  ],
  [
    "T-32",
    "Keyboard focus is lost after closing a dialog",
    "Aiko Mori",
    "pending",
    "normal",
    "ben",
    "TRK-15",
    120,
    ["After Escape I have to tab through the whole page again. I work without a mouse."],
  ],
  [
    "T-31",
    "Price list in Swiss francs",
    "Urs Keller",
    "solved",
    "low",
    "ada",
    null,
    150,
    ["Is there a price list in CHF?", ">There is, attached to my mail of today."],
  ],
  [
    "T-30",
    "Reports for March are empty",
    "Hannah Cohen",
    "solved",
    "high",
    "ada",
    "TRK-5",
    190,
    [
      "All charts of March are empty, though February and April are fine.",
      ">This was a time zone fault at the change to summer time, and is repaired as of today.",
    ],
  ],
];

const slug = (name: string): string =>
  name
    .normalize("NFD")
    .replace(/[^\w ]/g, "")
    .toLowerCase()
    .replaceAll(" ", ".");

/** The tickets with which the demo begins, dated back from `now` (ms since the epoch). */
export function ticketSeeds(now: number): Ticket[] {
  return seeds.map(([id, subject, requester, status, priority, assignee, issueId, hoursAgo, texts]) => {
    const createdAt = now - hoursAgo * hour;
    const at = (index: number) => new Date(createdAt + (index * hour) / 2).toISOString();
    return {
      id,
      subject,
      requester: { name: requester, email: `${slug(requester)}@customer.example` },
      status,
      priority,
      assignee,
      locked: id === "T-33",
      issueId,
      revision: texts.length,
      createdAt: at(0),
      updatedAt: at(texts.length - 1),
      messages: texts.map((text, index) => ({
        from: text.startsWith(">") ? (assignee ?? "ada") : requester,
        at: at(index),
        text: text.replace(/^>/, ""),
      })),
    };
  });
}
