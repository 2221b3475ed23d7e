// Who is logged in. Kept in sessionStorage: it ends with the tab and is never written to disk for
// good.

import { computed, shallowRef } from 'vue';
import { ApiError } from '@/api/error';
import { basic, Http } from '@/api/http';

export interface Session {
  kind: 'admin' | 'namespace';
  /** The administrator's name, or the namespace's key. */
  user: string;
  password: string;
}

const STORAGE_KEY = 'light-push.session';

function restore(): Session | null {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null') as Session | null;
    const known = stored?.kind === 'admin' || stored?.kind === 'namespace';
    return known && stored.user && stored.password ? stored : null;
  } catch {
    return null;
  }
}

export const session = shallowRef<Session | null>(restore());
export const isAdmin = computed(() => session.value?.kind === 'admin');

/** Why the login page shows: set when the server did not accept the password any more. */
export const expired = shallowRef(false);

/** A namespace's key begins with a slash; who names a namespace is no administrator. */
export function sessionOf(user: string, password: string): Session {
  return { kind: user.startsWith('/') ? 'namespace' : 'admin', user, password };
}

/** Asks the server; throws an ApiError when it says no. */
export async function login(user: string, password: string): Promise<void> {
  const next = sessionOf(user, password);
  const http = new Http(next.kind === 'admin' ? '/api/admin' : '/api/auth', basic(user, password));
  await http.post('/login');
  expired.value = false;
  keep(next);
}

function keep(next: Session): void {
  session.value = next;
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify(next));
}

/** The namespace that is logged in has changed its own password. */
export function renewPassword(password: string): void {
  if (session.value) keep({ ...session.value, password });
}

export function logout(): void {
  session.value = null;
  sessionStorage.removeItem(STORAGE_KEY);
}

/** A late answer to an earlier password says nothing of the one since then. */
function onUnauthorized(who: Session): void {
  if (session.value !== who) return;
  expired.value = true;
  logout();
}

function client(base: string): Http {
  const who = session.value;
  if (!who) throw new ApiError(401, 'logged_out', 'logged out');
  return new Http(base, basic(who.user, who.password), () => onUnauthorized(who));
}

/** The administrator's endpoints. */
export function adminHttp(): Http {
  return client('/api/admin');
}

/** The endpoints of one namespace: its own, or the administrator's view of them. */
export function namespaceHttp(key: string): Http {
  return isAdmin.value ? client(`/api/admin/as/${encodeURIComponent(key)}`) : client('/api/auth');
}
