import type { Panel, PanelListener } from "@partner-panel/partner";
import { html, nothing, type TemplateResult } from "lit";
import type { desk } from "../../../desk-contract.js";
import { LightElement } from "../../shared/light-element.js";
import { comment, type Issue, prose } from "../issue.js";
import "./comment-form.js";

/** How many of an issue's comments the view shows: the latest. */
const shownComments = 3;

const tabs = ["comments", "description"] as const;
type Tab = (typeof tabs)[number];

/** An issue's comments or its description. Which of them stands in the view's address, `?tab=description`, which the host may keep in its own. */
class IssueBody extends LightElement {
  static override properties = { panel: { attribute: false }, issue: { attribute: false }, tab: { state: true } };
  declare panel: Panel<typeof desk> | null;
  declare issue: Issue | null;
  declare tab: Tab;
  #stop = () => {};

  constructor() {
    super();
    this.panel = null;
    this.issue = null;
    this.tab = tabOf(new URL(location.href));
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("panel") || !this.panel) return;
    this.#stop();
    this.#stop = this.panel.on("navigate", this.#onNavigate);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  override render(): TemplateResult | typeof nothing {
    const { issue, tab, panel } = this;
    if (!issue) return nothing;
    const { comments } = issue;
    const latest = comments.slice(-shownComments);
    return html`
      <div class="tabs" role="group" aria-label="What of the issue">
        ${tabs.map((each) => html`<button id=${`tab-${each}`} aria-pressed=${each === tab} @click=${() => this.#show(each)}>${titles[each]}</button>`)}
      </div>
      <div class="tab" ?hidden=${tab !== "comments"}>
        ${latest.length < comments.length ? html`<p class="facts quiet">Latest ${latest.length} of ${comments.length} comments</p>` : nothing}
        <ol id="issue-comments">${latest.map((each) => comment(each, panel?.theme?.timeZone))}</ol>
        <trackwell-comment-form .panel=${panel} .issueId=${issue.id}></trackwell-comment-form>
      </div>
      <div class="tab" ?hidden=${tab !== "description"}>
        <p id="issue-description" class="comment-text" dir="auto">${prose(issue.description)}</p>
        ${issue.labels.length > 0 ? html`<p class="facts quiet">Labels: ${issue.labels.join(", ")}</p>` : nothing}
      </div>
    `;
  }

  /** Replaced and not pushed: whether it is a step that Back takes back is the host's to say. */
  #show(tab: Tab): void {
    this.tab = tab;
    const url = new URL(location.href);
    if (tab === tabs[0]) url.searchParams.delete("tab");
    else url.searchParams.set("tab", tab);
    history.replaceState(null, "", url);
    this.panel?.navigation.report();
  }

  /** The host is elsewhere: the other tab of this page is shown here; another page wants another document. */
  readonly #onNavigate: PanelListener<"navigate"> = ({ path }) => {
    const [url, here] = [new URL(path, location.origin), new URL(location.href)];
    const tab = tabOf(url);
    for (const each of [url, here]) each.searchParams.delete("tab");
    if (url.href !== here.href) return false;
    this.tab = tab;
    history.replaceState(null, "", path);
    return true;
  };
}

const titles: Readonly<Record<Tab, string>> = { comments: "Comments", description: "Description" };

function tabOf({ searchParams }: URL): Tab {
  return tabs.find((tab) => tab === searchParams.get("tab")) ?? tabs[0];
}

customElements.define("trackwell-issue-body", IssueBody);
