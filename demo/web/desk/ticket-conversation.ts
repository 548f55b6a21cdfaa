import { html, nothing, type TemplateResult } from "lit";
import { initials, label, moment } from "../shared/format.js";
import { inWords } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import type { Ticket } from "./api.js";
import type { Desk } from "./app.js";

/** What was said on a ticket, and the agent's answer to it. */
class DeskTicketConversation extends LightElement {
  static override properties = {
    desk: { attribute: false },
    ticket: { attribute: false },
    text: { state: true },
    sending: { state: true },
    problem: { state: true },
  };
  declare desk: Desk | null;
  declare ticket: Ticket | null;
  declare text: string;
  declare sending: boolean;
  declare problem: string | null;

  constructor() {
    super();
    this.desk = null;
    this.ticket = null;
    this.text = "";
    this.sending = false;
    this.problem = null;
  }

  override render(): TemplateResult {
    const { ticket } = this;
    const mayWrite = this.desk?.agent.rights.includes("ticket:write") ?? false;
    return html`
      <section class="conversation" aria-labelledby="conversation-title">
        <h2 id="conversation-title" class="hidden">Conversation</h2>
        <ol id="messages">
          ${ticket ? ticket.messages.map((message) => this.#message(ticket, message)) : skeleton}
        </ol>
        ${mayWrite ? this.#composer() : html`<p class="quiet composer-note">Your account may read this conversation. To answer it, ask for the right to change tickets.</p>`}
      </section>
    `;
  }

  #message(ticket: Ticket, message: Ticket["messages"][number]): TemplateResult {
    // Agents write under their account's name, requesters under their own.
    const fromRequester = message.from === ticket.requester.name;
    const name = fromRequester ? message.from : label(message.from);
    return html`
      <li class=${fromRequester ? "message from-requester" : "message"}>
        <span class="avatar" aria-hidden="true">${initials(name)}</span>
        <div class="bubble">
          <p class="message-head"><b>${name}</b> <span class="quiet">${moment(message.at)}</span></p>
          <p class="message-text">${message.text}</p>
        </div>
      </li>
    `;
  }

  #composer(): TemplateResult {
    return html`
      <form class="composer" @submit=${this.#send}>
        <label for="reply">Reply to ${this.ticket?.requester.name ?? "the requester"}</label>
        <textarea id="reply" rows="4" .value=${this.text} ?disabled=${!this.ticket}
          @input=${(event: InputEvent) => (this.text = (event.target as HTMLTextAreaElement).value)}></textarea>
        <div class="composer-foot">
          ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
          <button id="send-reply" class="primary" ?disabled=${this.sending || !this.text.trim()}>${this.sending ? "Sending…" : "Send reply"}</button>
        </div>
      </form>
    `;
  }

  async #send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { desk, ticket } = this;
    const text = this.text.trim();
    if (!desk || !ticket || !text || this.sending) return;
    this.sending = true;
    this.problem = null;
    try {
      desk.live.tell(await desk.api.reply(ticket.id, text));
      this.text = "";
      desk.notify("Reply sent");
    } catch (error) {
      this.problem = inWords(error);
    } finally {
      this.sending = false;
    }
  }
}

const skeleton = [0, 1].map(
  () =>
    html`<li class="message skeleton" aria-hidden="true"><span class="avatar"></span><div class="bubble"><i></i><i></i><i></i></div></li>`,
);

customElements.define("desk-ticket-conversation", DeskTicketConversation);
