import type { Issue } from "../issue.js";

/** `trackwell-issue-changed`: the issue as it is now. */
export class IssueChangedEvent extends Event {
  readonly issue: Issue;

  constructor(issue: Issue) {
    super("trackwell-issue-changed", { bubbles: true });
    this.issue = issue;
  }
}
