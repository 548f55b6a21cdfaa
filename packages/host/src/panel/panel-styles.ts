import { css } from "lit";

/* The panel's own focus ring lies within its edge: a page that rounds the panel's corners clips what stands out. */
export const panelStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    position: relative;
    min-inline-size: 0;
    --_text: var(--partner-panel-text, light-dark(#1b1f27, #eceef2));
    --_muted: var(--partner-panel-muted, light-dark(#586172, #a9b1be));
    --_line: var(--partner-panel-line, light-dark(#dde1e8, #3a3f4a));
    --_surface: var(--partner-panel-surface, light-dark(#ffffff, #1f2228));
    --_on-accent: var(--partner-panel-on-accent, light-dark(#ffffff, #10182b));
    --_accent: var(--partner-panel-accent, light-dark(#2557d6, #8db0ff));
    color: var(--_text);
    font-family: var(--partner-panel-font, inherit);
  }
  :host([hidden]) {
    display: none;
  }
  .panel {
    flex: auto;
    display: grid;
    position: relative;
  }
  .content {
    flex: auto;
    display: flex;
    flex-direction: column;
    min-inline-size: 0;
  }
  .stage,
  .cover,
  .toasts {
    grid-area: 1 / 1;
    min-inline-size: 0;
  }
  /* What is pressed there is the view's. */
  .toasts {
    align-self: end;
    pointer-events: none;
  }
  /* Never painted: it tells when the colour scheme changes, or may have changed while the panel was not rendered. */
  .stage {
    outline-color: light-dark(#000, #fff);
    transition: outline-color 1ms;
  }
  @starting-style {
    .stage {
      outline-color: #888;
    }
  }
  /* Hidden, not removed or display: none: the view lays itself out and tells its height before it is seen, and moves nothing by that. */
  .stage[data-hidden] {
    visibility: hidden;
    position: absolute;
    inset: 0;
    overflow: hidden;
  }
  iframe {
    display: block;
    box-sizing: border-box;
    inline-size: 100%;
    border: 0;
    background: transparent;
  }
  .cover {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    box-sizing: border-box;
    padding: 1.25rem;
    text-align: center;
    overflow-wrap: anywhere;
  }
  .cover p {
    margin: 0;
    max-inline-size: 34rem;
  }
  .title {
    font-weight: 600;
  }
  .muted {
    color: var(--_muted);
    font-size: 0.875em;
  }
  .bar {
    inline-size: min(12rem, 60%);
    block-size: 0.25rem;
    border-radius: 1rem;
    background: linear-gradient(90deg, var(--_line) 30%, var(--_accent) 50%, var(--_line) 70%) 0 0 / 300% 100%;
    animation: bar 1.4s linear infinite;
  }
  @keyframes bar {
    from {
      background-position: 100% 0;
    }
    to {
      background-position: 0 0;
    }
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
    justify-content: center;
    margin-block-start: 0.25rem;
  }
  button {
    min-block-size: 2.25rem;
    padding: 0.25rem 0.875rem;
    border: 1px solid var(--_muted);
    border-radius: 0.5rem;
    background: transparent;
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  a {
    color: var(--_accent);
  }
  :is(button, a, .panel):focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  .panel:focus-visible {
    outline-offset: -2px;
  }
  .badge {
    display: block;
    /* Two lines are seen whole in a window that has no room to spare. */
    flex: none;
    inline-size: 100%;
    margin-block-end: 0.5rem;
    border-color: var(--_accent);
    text-align: start;
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
  @media (prefers-reduced-motion: reduce) {
    .bar {
      animation: none;
    }
  }
  @media (forced-colors: active) {
    .bar {
      border: 1px solid CanvasText;
    }
  }
`;
