/** Dark, light, or as the system has it; remembered in this browser. */
import { remember, remembered } from './memory.js';

export const themes = ['system', 'light', 'dark'] as const;
export type ThemeName = (typeof themes)[number];

const storageKey = 'fluoroscope.theme';

export class Theme {
  name = $state.raw<ThemeName>(chosen());

  constructor() {
    this.#apply();
  }

  get next(): ThemeName {
    return themes[(themes.indexOf(this.name) + 1) % themes.length] ?? 'system';
  }

  turn(): void {
    this.use(this.next);
  }

  use(name: ThemeName): void {
    this.name = name;
    remember(storageKey, name);
    this.#apply();
  }

  #apply(): void {
    if (this.name === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.name;
  }
}

function chosen(): ThemeName {
  return themes.find((theme) => theme === remembered(storageKey)) ?? 'system';
}
