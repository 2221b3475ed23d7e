// Who the simulated clients are.

import { PLATFORMS, type Platform } from '@/api/types';

export interface Identity {
  uuid: string;
  userid: string;
  platform: Platform;
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

/** Four letters or digits: this tab's own prefix. */
export function randomPrefix(random: () => number = Math.random): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return `sim-${Array.from({ length: 4 }, () => letters[Math.floor(random() * letters.length)]).join('')}`;
}

/** Names of the API: rooms, users, uuids. */
export function isName(text: string): boolean {
  return /^[\w.\\\-$#/]+$/.test(text) && new TextEncoder().encode(text).length <= 100;
}
