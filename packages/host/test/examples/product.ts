/* The product that the guide's reader has already. */

type Ticket = { id: string; priority: string; requester: string };

const all = new Map<string, Ticket>(
  ["T-7", "T-42"].map((id) => [id, { id, priority: "normal", requester: "private@desk.example" }]),
);

export const tickets = {
  get(id: string): Ticket {
    const ticket = all.get(id);
    if (ticket === undefined) throw new Error(`No ticket ${id}`);
    return ticket;
  },
  update(id: string, change: Partial<Ticket>): Ticket {
    const ticket = { ...tickets.get(id), ...change };
    all.set(id, ticket);
    return ticket;
  },
};

export const session = { user: { id: "ada" }, mayChangeTickets: true };

let open = "T-42";
const listeners = new Set<() => void>();

/** The ticket that the page's address names. */
export const openTicketId = (): string => open;
export const onNavigate = (run: () => void): void => void listeners.add(run);
export function navigate(id: string): void {
  open = id;
  for (const run of listeners) run();
}

export const collected: unknown[] = [];
export const collect = (record: unknown): void => void collected.push(record);
