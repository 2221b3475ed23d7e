// Data that is asked for again and again while a page shows it.

import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import { ApiError } from '@/api/error';

export interface Poll<T> {
  data: ShallowRef<T | null>;
  /** Of the last try; data stays what it was. */
  error: ShallowRef<ApiError | null>;
  /** Until the first answer. */
  loading: ShallowRef<boolean>;
  /** This light-push has no such endpoint; it is not asked again. */
  absent: ShallowRef<boolean>;
  refresh: () => Promise<void>;
}

/**
 * Reads now and then `interval` ms after each answer; not while nobody sees the page. Ends with the
 * component. `interval` 0: only when refresh() is called.
 */
export function usePoll<T>(read: () => Promise<T>, interval: number): Poll<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<ApiError | null>(null);
  const loading = shallowRef(true);
  const absent = shallowRef(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;
  let ended = false;

  async function refresh(): Promise<void> {
    if (ended) return;
    clearTimeout(timer);
    const mine = ++round;
    try {
      const answer = await read();
      if (mine !== round || ended) return;
      data.value = answer;
      error.value = null;
    } catch (cause) {
      if (mine !== round || ended) return;
      error.value = cause instanceof ApiError ? cause : new ApiError(0, 'no_answer', String(cause));
      absent.value = error.value.absent;
    }
    loading.value = false;
    if (interval && !absent.value) timer = setTimeout(tick, interval);
  }

  function tick(): void {
    if (document.hidden) return;
    void refresh();
  }

  function onVisible(): void {
    if (!document.hidden && !absent.value && interval) void refresh();
  }

  document.addEventListener('visibilitychange', onVisible);
  onScopeDispose(() => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
  });
  void refresh();
  return { data, error, loading, absent, refresh };
}
