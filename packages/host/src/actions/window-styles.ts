import { css } from "lit";

/** What is in the panel's own shadow root, while it is shown in a window. */
export const windowStyles = css`
  .header {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    flex: none;
    padding-block: 0.5rem;
    padding-inline: 1rem 0.5rem;
    border-start-start-radius: 0.75rem;
    border-start-end-radius: 0.75rem;
    border-block-end: 1px solid var(--_line);
    background: var(--_surface);
  }
  .name {
    flex: auto;
    min-inline-size: 0;
    font-weight: 600;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .close {
    display: grid;
    place-content: center;
    inline-size: 2.25rem;
    padding: 0;
  }
  .close svg {
    inline-size: 1rem;
    block-size: 1rem;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
  }
  .content[data-display="fullscreen"] .header {
    border-radius: 0;
  }
  .content:not([data-display="inline"]) .panel {
    flex: 0 1 auto;
    /* Whatever is reserved for the view, what a cover says stays inside of the window: below its lower edge nobody could scroll to it. */
    min-block-size: min(var(--_reserved, 0px), 100dvh - 10rem) !important;
    grid-template-rows: minmax(0, auto);
    background: var(--_surface);
    border-end-start-radius: 0.75rem;
    border-end-end-radius: 0.75rem;
    overflow: hidden;
  }
  .content:not([data-display="inline"]) .cover {
    min-block-size: min(12rem, 100dvh - 10rem);
    overflow: auto;
    justify-content: safe center;
  }
  .content:not([data-display="inline"]) .question {
    border: 0;
    border-radius: 0;
  }
  .content:not([data-display="inline"]) .stage {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
  }
  .content:not([data-display="inline"]) iframe {
    flex: 0 1 auto;
    min-block-size: 0;
  }
  .content[data-display="fullscreen"] .panel {
    flex: 1 1 0;
    grid-template-rows: minmax(0, 1fr);
    border-radius: 0;
  }
  .content[data-display="fullscreen"] iframe {
    flex: 1 1 0;
  }
  @media (forced-colors: active) {
    .header,
    .content:not([data-display="inline"]) .panel {
      border: 1px solid CanvasText;
    }
  }
`;
