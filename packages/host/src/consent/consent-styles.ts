import { css } from "lit";

export const consentStyles = css`
  dialog[part="consent"] {
    --surface: light-dark(#ffffff, #1f2228);
    --text: light-dark(#1b1f27, #eceef2);
    --muted: light-dark(#586172, #a9b1be);
    --line: light-dark(#dde1e8, #3a3f4a);
    --accent: var(--partner-panel-accent, light-dark(#2557d6, #8db0ff));
    --on-accent: var(--partner-panel-on-accent, light-dark(#ffffff, #10182b));
    box-sizing: border-box;
    inline-size: min(27rem, calc(100vw - 1.5rem));
    max-inline-size: none;
    max-block-size: calc(100dvh - 1.5rem);
    padding: 0;
    border: 1px solid var(--line);
    border-radius: 0.875rem;
    background: var(--surface);
    color: var(--text);
    font: 400 1rem/1.5 var(--partner-panel-font, system-ui, sans-serif);
    /* What the page's styles hand down to a panel, which the top layer does not stop: text, or clicks while all else is inert. */
    pointer-events: auto;
    -webkit-user-select: text;
    user-select: text;
    visibility: visible;
    cursor: auto;
    text-align: start;
    text-indent: 0;
    text-transform: none;
    white-space: normal;
    letter-spacing: normal;
    word-spacing: normal;
    overflow: hidden;
    box-shadow: 0 1.5rem 4rem rgb(0 0 0 / 0.3);
  }
  dialog[part="consent"][open] {
    display: flex;
    flex-direction: column;
  }
  dialog[part="consent"]::backdrop {
    background: rgb(12 16 26 / 0.55);
  }
  .consent-body {
    padding: 1.5rem 1.5rem 1rem;
    overflow: auto;
    overflow-wrap: anywhere;
    outline: none;
  }
  #consent-title {
    margin: 0 0 0.25rem;
    font-size: 1.25rem;
    line-height: 1.3;
    font-weight: 650;
  }
  #consent-who {
    margin: 0 0 1rem;
    color: var(--muted);
    font: 0.875rem/1.5 ui-monospace, monospace;
  }
  .consent-intro {
    margin: 0 0 0.5rem;
  }
  .consent-scopes {
    margin: 0;
    padding: 0;
    list-style: none;
    border: 1px solid var(--line);
    border-radius: 0.625rem;
  }
  .consent-scopes li {
    padding: 0.625rem 0.875rem;
  }
  .consent-scopes li + li {
    border-block-start: 1px solid var(--line);
  }
  .consent-title {
    font-weight: 600;
  }
  .consent-optional {
    margin-inline-start: 0.375rem;
    padding-inline: 0.4rem;
    border: 1px solid var(--line);
    border-radius: 1rem;
    color: var(--muted);
    font-size: 0.75rem;
    white-space: nowrap;
  }
  .consent-reason {
    display: block;
    color: var(--muted);
    font-size: 0.9375rem;
  }
  .consent-note {
    margin: 0.75rem 0 0;
    color: var(--muted);
    font-size: 0.875rem;
  }
  .consent-actions {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    justify-content: end;
    padding: 0.875rem 1.5rem 1.25rem;
    border-block-start: 1px solid var(--line);
  }
  .consent-actions button {
    min-block-size: 2.5rem;
    min-inline-size: 6.5rem;
    flex: 0 1 auto;
    padding: 0.375rem 1.125rem;
    border: 1px solid var(--muted);
    border-radius: 0.625rem;
    background: transparent;
    color: inherit;
    font: inherit;
    font-weight: 600;
    cursor: pointer;
  }
  .consent-actions .consent-allow {
    border-color: transparent;
    background: var(--accent);
    color: var(--on-accent);
  }
  .consent-actions button:hover {
    filter: brightness(0.96);
  }
  .consent-actions button:focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
  dialog[data-arming] .consent-actions button {
    cursor: progress;
  }
  @media (max-width: 26rem) {
    .consent-body {
      padding: 1.125rem 1rem 0.75rem;
    }
    .consent-actions {
      padding: 0.75rem 1rem 1rem;
    }
    .consent-actions button {
      flex: 1 1 auto;
    }
  }
  @media (forced-colors: active) {
    .consent-actions .consent-allow {
      border-color: ButtonText;
    }
  }
`;
