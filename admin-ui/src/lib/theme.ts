// Light or dark: as the system says, unless the user chose.

import { computed, ref, watchEffect } from 'vue';
import { loadPreference, savePreference } from './preferences';

export type Theme = 'auto' | 'light' | 'dark';

const system = window.matchMedia('(prefers-color-scheme: dark)');
const systemDark = ref(system.matches);
system.addEventListener('change', (event) => (systemDark.value = event.matches));

function known(value: string | null): Theme {
  return value === 'light' || value === 'dark' ? value : 'auto';
}

export const theme = ref<Theme>(known(loadPreference('theme')));
export const dark = computed(() =>
  theme.value === 'auto' ? systemDark.value : theme.value === 'dark',
);

watchEffect(() => document.documentElement.classList.toggle('dark', dark.value));

export function toggleTheme(): void {
  theme.value = dark.value ? 'light' : 'dark';
  savePreference('theme', theme.value);
}
