// Push providers: which fields an entry of each type has, and what is said about it.

import type { Provider, ProviderType } from '@/api/types';

export const PROVIDER_TYPES: readonly ProviderType[] = ['apns', 'fcm', 'webpush'];

/** Shown and typed. */
export const PROVIDER_TEXTS: Record<ProviderType, readonly string[]> = {
  apns: ['apns_topic', 'apns_expiration', 'token_keyId', 'token_teamId'],
  fcm: [],
  webpush: ['vapid_subject', 'vapid_public_key'],
};

/** Secrets: given as files, never shown. */
const APNS_CERTIFICATES = {
  production: ['apns_production_cert', 'apns_production_key'],
  dev: ['apns_dev_cert', 'apns_dev_key'],
} as const;

export function providerFiles(type: ProviderType, env: 'production' | 'dev'): readonly string[] {
  if (type === 'apns') return ['token_key', ...APNS_CERTIFICATES[env]];
  return type === 'fcm' ? ['service_account'] : [];
}

export function apnsEnv(entry: Provider | null): 'production' | 'dev' {
  return entry?.apns_env === 'dev' ? 'dev' : 'production';
}

/** What the provider knows the entry by; a key of locales' `provider`, and its own name. */
export function authorization(entry: Provider): { by: string; name: string } {
  switch (entry.type) {
    case 'fcm':
      return { by: entry.service_account_set ? 'account' : 'none', name: '' };
    case 'webpush':
      return { by: entry.vapid_private_key_set ? 'pair' : 'none', name: '' };
    default:
      if (entry.token_key_set) return { by: 'token', name: entry.token_keyId ?? '' };
      return { by: entry[`apns_${apnsEnv(entry)}_cert_set`] ? 'certificate' : 'none', name: '' };
  }
}

/** When the certificate in use ends; null where there is none, or a key that does not end. */
export function providerExpiry(entry: Provider): string | null {
  if (entry.type !== 'apns' || entry.token_key_set) return null;
  return entry[`apns_${apnsEnv(entry)}_cert_expires`] ?? null;
}

const SOON_DAYS = 30;

/** Days from now until then, rounded down, and how much that matters. */
export function daysLeft(expires: string, now: number): { days: number; state: ExpiryState } {
  const days = Math.floor((Date.parse(expires) - now) / 86_400_000);
  return { days, state: days < 0 ? 'bad' : days < SOON_DAYS ? 'busy' : 'good' };
}
export type ExpiryState = 'good' | 'busy' | 'bad';

/** A pair for Web Push in base64url, or null in pages without TLS, where browsers make none. */
export async function makeVapidPair(): Promise<{ privateKey: string; publicKey: string } | null> {
  if (!globalThis.crypto?.subtle) return null;
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
  ]);
  const [secret, raw] = await Promise.all([
    crypto.subtle.exportKey('jwk', pair.privateKey),
    crypto.subtle.exportKey('raw', pair.publicKey),
  ]);
  const text = btoa(String.fromCharCode(...new Uint8Array(raw)));
  return {
    privateKey: secret.d ?? '',
    publicKey: text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''),
  };
}

/** The project of a service account's file, or null when it is something else. */
export function projectOf(text: string): string | null {
  try {
    const account = JSON.parse(text) as { project_id?: unknown };
    return typeof account.project_id === 'string' ? account.project_id : null;
  } catch {
    return null;
  }
}
