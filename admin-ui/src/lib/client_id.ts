// Client ids: <namespace>#<userid>#<platform>-<uuid>. A user id may have # in it as well, so the
// platform is looked for from the end.

import { PLATFORMS, type Platform } from '@/api/types';

export interface ClientId {
  userid: string;
  platform: Platform;
  uuid: string;
}

export function parseClientId(id: string, namespace: string): ClientId | null {
  if (!id.startsWith(`${namespace}#`)) return null;
  const rest = id.slice(namespace.length + 1);
  let found: ClientId | null = null;
  let best = -1;
  for (const platform of PLATFORMS) {
    const mark = `#${platform}-`;
    const at = rest.lastIndexOf(mark);
    if (at > best && at > 0 && at + mark.length < rest.length) {
      best = at;
      found = { userid: rest.slice(0, at), platform, uuid: rest.slice(at + mark.length) };
    }
  }
  return found;
}
