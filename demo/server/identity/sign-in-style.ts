/** The sign-in page's style sheet, in the product's hue. */
export const signInStyle = (hue: number): string => `
:root {
  color-scheme: light dark;
  --accent: light-dark(oklch(0.48 0.14 ${hue}), oklch(0.78 0.11 ${hue}));
  --on-accent: light-dark(white, oklch(0.2 0.03 ${hue}));
  --ground: light-dark(oklch(0.965 0.012 ${hue}), oklch(0.2 0.018 ${hue}));
  --card: light-dark(white, oklch(0.25 0.02 ${hue}));
  --line: light-dark(oklch(0.88 0.015 ${hue}), oklch(0.37 0.025 ${hue}));
  --text: light-dark(oklch(0.25 0.02 ${hue}), oklch(0.94 0.01 ${hue}));
  --soft: light-dark(oklch(0.47 0.02 ${hue}), oklch(0.76 0.02 ${hue}));
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100dvh; padding: 24px; display: grid; grid-template-rows: 1fr auto; justify-items: center;
  align-items: center; gap: 24px; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, "Liberation Sans", sans-serif;
}
main {
  width: 100%; max-width: 460px; padding: 32px; border: 1px solid var(--line); border-radius: 18px;
  background: var(--card); box-shadow: 0 12px 40px rgb(0 0 0 / 0.08);
}
header { display: flex; align-items: center; gap: 10px; margin-bottom: 28px; font-weight: 600; }
header p { margin: 0; }
.mark, .face { display: grid; place-items: center; flex: none; font-weight: 700; }
.mark { width: 32px; height: 32px; border-radius: 9px; background: var(--accent); color: var(--on-accent); }
.face { width: 44px; height: 44px; border-radius: 50%; border: 2px solid var(--accent); color: var(--accent); }
h1 { margin: 0 0 4px; font-size: 1.6rem; line-height: 1.2; letter-spacing: -0.015em; text-wrap: balance; }
p { margin: 0 0 12px; color: var(--soft); }
header p, strong { color: var(--text); }
a { color: var(--accent); }
ul { list-style: none; margin: 20px 0 12px; padding: 0; display: grid; gap: 10px; }
button {
  font: inherit; color: inherit; cursor: pointer; padding: 10px 16px; border-radius: 12px;
  border: 1px solid var(--line); background: transparent;
}
button:hover { border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.wanted { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
#done { color: var(--accent); font-weight: 600; }
.facts { gap: 2px; padding-inline-start: 1.5em; list-style: decimal; font-size: 0.9375rem; }
.facts code { color: var(--soft); }
li button { display: flex; align-items: center; gap: 14px; width: 100%; padding: 14px; text-align: start; }
.who { display: grid; min-width: 0; overflow-wrap: anywhere; }
.who span { color: var(--soft); font-size: 0.875rem; }
.strong { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
.quiet { border-color: transparent; color: var(--soft); }
form > .quiet { margin-inline-start: -16px; }
.choices { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 20px; }
footer { text-align: center; font-size: 0.8125rem; }
footer p { margin: 0; }
@media (forced-colors: active) { .mark, .face { border: 2px solid CanvasText; } }
`;

/** The provider's mark, as a picture of its own. */
export const signInIcon = (hue: number, letter: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="hsl(${hue} 55% 30%)"/>` +
  `<text x="16" y="23" text-anchor="middle" font-family="system-ui" font-size="20" font-weight="700" fill="#fff">${letter}</text></svg>`;
