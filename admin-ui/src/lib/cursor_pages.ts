// A list that the server gives page by page with cursors: forward, and back where one came from.

import { computed, shallowRef } from 'vue';
import type { CursorPage } from '@/api/types';
import { ApiError } from '@/api/error';

/** ms for which a search that finds nothing goes on by itself. */
const PATIENCE = 5_000;

export function useCursorPages<T>(read: (cursor?: string) => Promise<CursorPage<T>>) {
  const rows = shallowRef<T[] | null>(null);
  const error = shallowRef<ApiError | null>(null);
  const loading = shallowRef(false);
  /** Cursors of the pages up to this one; the first page has none. */
  const trail = shallowRef<(string | undefined)[]>([undefined]);
  const next = shallowRef<string | null>(null);
  /** ms since 1970 that the search has got back to; null: to its end. */
  const searched = shallowRef<number | null>(null);
  let round = 0;

  async function load(cursors: (string | undefined)[]): Promise<void> {
    const mine = ++round;
    const began = performance.now();
    const nothing = (page: CursorPage<T>) => page.list.length === 0 && page.cursor !== null;
    loading.value = true;
    try {
      let page = await read(cursors.at(-1));
      // Nothing found so far is not the end: the server looks through a part at a time.
      while (nothing(page) && mine === round && performance.now() - began < PATIENCE) {
        searched.value = page.searched ?? null;
        page = await read(page.cursor ?? undefined);
      }
      if (mine !== round) return;
      rows.value = page.list;
      searched.value = page.searched ?? null;
      next.value = page.cursor;
      trail.value = cursors;
      error.value = null;
    } catch (cause) {
      if (mine !== round) return;
      rows.value = null;
      searched.value = null;
      next.value = null;
      error.value = cause instanceof ApiError ? cause : new ApiError(0, 'no_answer', String(cause));
    }
    loading.value = false;
  }

  return {
    rows,
    error,
    loading,
    searched,
    page: computed(() => trail.value.length),
    hasNext: computed(() => next.value !== null),
    restart: () => load([undefined]),
    reload: () => load(trail.value),
    forward: () => (next.value === null ? Promise.resolve() : load([...trail.value, next.value])),
    back: () => (trail.value.length > 1 ? load(trail.value.slice(0, -1)) : Promise.resolve()),
  };
}

export type CursorPages<T> = ReturnType<typeof useCursorPages<T>>;
