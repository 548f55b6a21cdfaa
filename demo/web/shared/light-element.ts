import { LitElement } from "lit";

/**
 * A Lit element that renders into its own children and not into a shadow root: the site's one stylesheet reaches it,
 * and labels and ids work across elements.
 */
export abstract class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
