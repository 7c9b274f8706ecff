/** Dark, light, or as the system has it; remembered in this browser. */
export const themes = ['system', 'light', 'dark'] as const;
export type ThemeName = (typeof themes)[number];

const storageKey = 'fluoroscope.theme';

export class Theme {
  name = $state.raw<ThemeName>(remembered());

  constructor() {
    this.#apply();
  }

  get next(): ThemeName {
    return themes[(themes.indexOf(this.name) + 1) % themes.length] ?? 'system';
  }

  turn(): void {
    this.name = this.next;
    remember(this.name);
    this.#apply();
  }

  #apply(): void {
    if (this.name === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.name;
  }
}

/** Storage may be switched off, or hold anything. */
function remembered(): ThemeName {
  try {
    const name = localStorage.getItem(storageKey);
    return themes.find((theme) => theme === name) ?? 'system';
  } catch {
    return 'system';
  }
}

function remember(name: ThemeName): void {
  try {
    localStorage.setItem(storageKey, name);
  } catch {
    // Then the choice lasts as long as the page.
  }
}
