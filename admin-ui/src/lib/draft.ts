// What somebody types stays when the page reads anew what the server has, since something else of it
// was saved.

/**
 * What a field shows then. before, now: what the server had and has; sent: what was saved of the
 * field meanwhile.
 */
export function keptDraft<T>(typed: T, before: T, now: T, sent?: T): T {
  return typed !== before && typed !== sent ? typed : now;
}
