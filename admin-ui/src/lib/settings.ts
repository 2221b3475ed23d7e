// What of the settings is shown.

import type { Setting } from '@/api/types';

/** In another language than English, which the programs speak themselves. */
export interface SettingTexts {
  /** By the English titles. */
  groups: Record<string, string>;
  /** By the names of the settings. */
  help: Record<string, string>;
}

export interface ShownSetting extends Setting {
  /** The help is in the language of the page, not left in English. */
  translated: boolean;
}

/** What has no text, as in a console older than the programs, stays in English. */
export function translateSettings(
  settings: readonly Setting[],
  texts: SettingTexts | null,
): ShownSetting[] {
  return settings.map((one) => ({
    ...one,
    group: texts?.groups[one.group] ?? one.group,
    help: texts?.help[one.name] ?? one.help,
    translated: texts?.help[one.name] !== undefined,
  }));
}

export function filterSettings<S extends Setting>(
  settings: readonly S[],
  text: string,
  changedOnly: boolean,
): S[] {
  const part = text.trim().toLowerCase();
  return settings.filter(
    (one) =>
      (!changedOnly || one.origin !== 'default') &&
      [one.name, String(one.value), one.help].some((of) => of.toLowerCase().includes(part)),
  );
}

/** In their groups, in the order of the list. */
export function groupSettings<S extends Setting>(settings: readonly S[]): [string, S[]][] {
  const groups = new Map<string, S[]>();
  for (const one of settings) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return [...groups];
}
