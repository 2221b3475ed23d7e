// What of the settings is shown.

import type { Setting } from '@/api/types';

export function filterSettings(
  settings: readonly Setting[],
  text: string,
  changedOnly: boolean,
): Setting[] {
  const part = text.trim().toLowerCase();
  return settings.filter(
    (one) =>
      (!changedOnly || one.origin !== 'default') &&
      [one.name, String(one.value), one.help].some((of) => of.toLowerCase().includes(part)),
  );
}

/** In their groups, in the order of the list. */
export function groupSettings(settings: readonly Setting[]): [string, Setting[]][] {
  const groups = new Map<string, Setting[]>();
  for (const one of settings) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return [...groups];
}
