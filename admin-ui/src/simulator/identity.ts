// Who the simulated clients are.

import { PLATFORMS, type Platform } from '@/api/types';

export interface Identity {
  uuid: string;
  userid: string;
  platform: Platform;
  /** Of the business system, where the namespace wants one. */
  token?: string;
}

export interface IdentityPlan {
  count: number;
  /** In front of every uuid and userid, so that two people's clients are not the same ones. */
  prefix: string;
  /** How many clients share one user. */
  perUser: number;
  platform: Platform | 'mixed';
  /** Number of the first one. */
  first: number;
}

/** sim-1 … sim-n, users user-1 …, each user's devices one after the other. */
export function makeIdentities(plan: IdentityPlan): Identity[] {
  return Array.from({ length: Math.max(0, plan.count) }, (_, i) => {
    const n = plan.first + i;
    const user = Math.ceil(n / Math.max(1, plan.perUser));
    const platform =
      plan.platform === 'mixed' ? (PLATFORMS[(n - 1) % PLATFORMS.length] ?? 'web') : plan.platform;
    return { uuid: `${plan.prefix}-${n}`, userid: `${plan.prefix}-user-${user}`, platform };
  });
}

/** Who it is with a token, whose claims take the place of what a client says itself. */
export function withToken(identity: Identity, token: string): Identity {
  if (!token) return identity;
  const claims = claimsOf(token);
  const text = (name: string, own: string) =>
    typeof claims[name] === 'string' && claims[name] ? claims[name] : own;
  const platform = PLATFORMS.find((one) => one === claims.platform) ?? identity.platform;
  return {
    uuid: text('uuid', identity.uuid),
    userid: text('sub', identity.userid),
    platform,
    token,
  };
}

/** Of a JSON Web Token; none where it is something else, which the server will say. */
function claimsOf(token: string): Record<string, unknown> {
  try {
    const part = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return claims && typeof claims === 'object' ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Four letters or digits: this tab's own prefix. */
export function randomPrefix(random: () => number = Math.random): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return `sim-${Array.from({ length: 4 }, () => letters[Math.floor(random() * letters.length)]).join('')}`;
}

/** Names of the API: rooms, users, uuids. */
export function isName(text: string): boolean {
  return /^[\w.\\\-$#/]+$/.test(text) && new TextEncoder().encode(text).length <= 100;
}
