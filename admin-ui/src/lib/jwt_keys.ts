// Keys that the tokens of clients are verified with.

import type { JwtAlg, JwtKey, JwtKeyChange } from '@/api/types';

export const JWT_ALGS: readonly JwtAlg[] = ['HS256', 'RS256', 'ES256'];
export const JWT_KEYS_MAX = 10;
export const JWT_SECRET_MIN = 32; // bytes
const KID_MAX = 100; // bytes

const bytes = (text: string) => new TextEncoder().encode(text).length;

/** What a key is called: its kid, or what it is for. */
export function keyName(key: { kid?: string; alg: JwtAlg }): string {
  return key.kid || key.alg;
}

/** What is wrong with its kid, as a key of locales' `jwt`; '' for nothing. */
export function kidProblem(keys: readonly JwtKey[], kid: string, alg: JwtAlg): string {
  if (bytes(kid) > KID_MAX) return 'kid_long';
  // The server keeps a secret by these two, when the list is saved without it.
  return keys.some((one) => (one.kid ?? '') === kid && one.alg === alg) ? 'kid_taken' : '';
}

/** The same of the key itself. */
export function keyProblem(alg: JwtAlg, key: string): string {
  if (alg === 'HS256') return bytes(key) < JWT_SECRET_MIN ? 'secret_short' : '';
  return /^-----BEGIN PUBLIC KEY-----\s[^-]+-----END PUBLIC KEY-----\s*$/.test(key)
    ? ''
    : 'pem_invalid';
}

/** The list to be saved: keys that stay, and a new one. A secret stays without being sent. */
export function keysChange(keys: readonly JwtKey[], added?: JwtKeyChange): JwtKeyChange[] {
  const kept = keys.map(({ kid, alg, key }) => ({
    ...(kid ? { kid } : {}),
    alg,
    ...(key ? { key } : {}),
  }));
  return added ? [...kept, added] : kept;
}
