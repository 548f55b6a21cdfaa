import { css } from "lit";

export const questionStyles = css`
  .question {
    /* Over toasts as well, which would hide its buttons. */
    z-index: 3;
    background: var(--_surface);
    border: 1px solid var(--_line);
    border-radius: 0.5rem;
    outline: none;
    overflow: auto;
  }
  .message {
    white-space: pre-line;
  }
  .origin {
    font: 600 1em/1.4 ui-monospace, monospace;
  }
  .address {
    color: var(--_muted);
    font-size: 0.8125em;
    overflow-wrap: anywhere;
  }
  .question .address {
    margin-block-start: 0.25rem;
  }
  .question [part="question-confirm"] {
    border-color: transparent;
    background: var(--_accent);
    color: var(--_on-accent);
  }
  .question[data-arming] button {
    cursor: progress;
  }
  @media (forced-colors: active) {
    .question [part="question-confirm"] {
      border-color: ButtonText;
    }
  }
`;
