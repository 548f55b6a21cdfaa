import { css } from "lit";

export const toastStyles = css`
  .toasts {
    position: relative;
    z-index: 2;
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 0.375rem;
    padding: 0.5rem;
  }
  .toast {
    box-sizing: border-box;
    max-inline-size: min(32rem, 100%);
    margin: 0;
    padding: 0.5rem 0.875rem;
    border: 1px solid var(--_line);
    border-inline-start: 0.25rem solid var(--_accent);
    border-radius: 0.5rem;
    background: var(--_surface);
    color: var(--_text);
    font-size: 0.9375em;
    overflow-wrap: anywhere;
    box-shadow: 0 0.25rem 1rem rgb(0 0 0 / 0.2);
  }
  .toast[data-kind="success"] {
    border-inline-start-color: light-dark(#1f7a44, #5fcf8d);
  }
  .toast[data-kind="error"] {
    border-inline-start-color: light-dark(#b3261e, #ff9a90);
  }
`;
