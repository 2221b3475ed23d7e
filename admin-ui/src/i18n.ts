// Chinese or English: as the browser says, unless the user chose.

import { createI18n } from 'vue-i18n';
import { loadPreference, savePreference } from './lib/preferences';
import en from './locales/en';
import zh from './locales/zh';

export const LOCALES = ['en', 'zh'] as const;
export type Locale = (typeof LOCALES)[number];

function first(): Locale {
  const chosen = loadPreference('language');
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.languages.some((language) => /^zh\b/i.test(language)) &&
    !/^en\b/i.test(navigator.language)
    ? 'zh'
    : 'en';
}

export const i18n = createI18n({
  legacy: false,
  locale: first(),
  fallbackLocale: 'en',
  messages: { en, zh },
});

function applyLanguage(locale: Locale): void {
  document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en';
}
applyLanguage(i18n.global.locale.value);

export function setLocale(locale: Locale): void {
  i18n.global.locale.value = locale;
  savePreference('language', locale);
  applyLanguage(locale);
}
