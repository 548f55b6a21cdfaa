import { css } from "lit";

export const grantsStyles = css`
  :host {
    display: block;
    --_surface: var(--partner-panel-surface, transparent);
    --_text: var(--partner-panel-text, light-dark(#1b1f27, #eceef2));
    --_muted: var(--partner-panel-muted, light-dark(#586172, #a9b1be));
    --_line: var(--partner-panel-line, light-dark(#dde1e8, #3a3f4a));
    --_accent: var(--partner-panel-accent, light-dark(#2557d6, #8db0ff));
    --_danger: var(--partner-panel-danger, light-dark(#b3261e, #ffb4ab));
    color: var(--_text);
    font-family: var(--partner-panel-font, inherit);
    line-height: 1.5;
    overflow-wrap: anywhere;
  }
  :host([hidden]) {
    display: none;
  }
  .list {
    display: grid;
    gap: 1rem;
  }
  p,
  ul {
    margin: 0;
    padding: 0;
  }
  .message {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 0.75rem;
    padding: 2rem 1rem;
    border: 1px dashed var(--_line);
    border-radius: var(--partner-panel-radius, 0.875rem);
    color: var(--_muted);
    text-align: center;
  }
  .message[part="error"] {
    color: inherit;
  }
  .partner {
    border: 1px solid var(--_line);
    border-radius: var(--partner-panel-radius, 0.875rem);
    background: var(--_surface);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
    padding: 1rem 1.125rem;
    border-block-end: 1px solid var(--_line);
  }
  .mark {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 2.5rem;
    block-size: 2.5rem;
    border: 1px solid var(--_line);
    border-radius: 0.625rem;
    font-weight: 650;
    text-transform: uppercase;
  }
  .who {
    flex: 1 1 9rem;
    min-inline-size: 0;
  }
  .name {
    font-size: 1.0625em;
    font-weight: 650;
    line-height: 1.3;
  }
  .origin {
    color: var(--_muted);
    font: 0.8125em / 1.5 ui-monospace, monospace;
  }
  .intro {
    padding: 0.875rem 1.125rem 0.125rem;
    color: var(--_muted);
    font-size: 0.875em;
  }
  ul {
    padding-inline: 1.125rem;
    list-style: none;
  }
  li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 1rem;
    padding-block: 0.75rem;
  }
  li + li {
    border-block-start: 1px solid var(--_line);
  }
  .what {
    flex: 1 1 12rem;
    min-inline-size: 0;
  }
  .title,
  .reason,
  .since {
    display: block;
  }
  .title {
    font-weight: 600;
  }
  .reason {
    font-size: 0.9375em;
  }
  .since {
    color: var(--_muted);
    font-size: 0.8125em;
  }
  .notice {
    padding: 0 1.125rem 1rem;
    color: var(--_muted);
    font-size: 0.875em;
  }
  .failed {
    color: var(--_danger);
  }
  button {
    flex: none;
    min-block-size: 2.25rem;
    padding: 0.25rem 0.875rem;
    border: 1px solid var(--_muted);
    border-radius: 0.5rem;
    background: transparent;
    color: inherit;
    font: inherit;
    font-size: 0.9375em;
    font-weight: 550;
    cursor: pointer;
  }
  .revoke {
    color: var(--_danger);
  }
  .revoke:hover {
    border-color: currentColor;
  }
  .revoke[aria-disabled] {
    color: var(--_muted);
    cursor: progress;
  }
  button:focus-visible,
  .message:focus-visible {
    outline: 3px solid var(--_accent);
    outline-offset: 2px;
  }
  .announcement {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (forced-colors: active) {
    .revoke[aria-disabled] {
      color: GrayText;
    }
  }
`;
