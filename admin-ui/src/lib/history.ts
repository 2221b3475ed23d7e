// What is asked of the archive, from the fields of the page.

import type { HistoryFilter, HistoryStat, StatStep } from '@/api/types';

/** The fields as a person fills them in; times without a zone, in that of the browser. */
export interface HistoryForm {
  room: string;
  q: string;
  from: string;
  to: string;
  leaveMessage: '' | 'true' | 'false';
  apnsName: string;
}

export function emptyHistoryForm(): HistoryForm {
  return { room: '', q: '', from: '', to: '', leaveMessage: '', apnsName: '' };
}

/** ms since 1970 of what a datetime-local field holds; not a time: undefined. */
function timeOf(text: string): number | undefined {
  const ms = text === '' ? NaN : new Date(text).getTime();
  return Number.isNaN(ms) ? undefined : ms;
}

/** What a person sees as "until 10:00" goes on until that minute ends. */
const MINUTE = 60_000;

export function historyFilter(form: HistoryForm): HistoryFilter {
  const to = timeOf(form.to);
  return {
    room: form.room || undefined,
    q: form.q || undefined,
    from: timeOf(form.from),
    to: to === undefined ? undefined : to + MINUTE,
    leaveMessage: form.leaveMessage || undefined,
    apnsName: form.apnsName || undefined,
  };
}

export function isFiltered(form: HistoryForm): boolean {
  return Object.values(form).some((value) => value !== '');
}

const HOUR = 3_600_000;
/** Of a chart whose beginning is not given, and at most: the server gives 1500 entries. */
const SPANS: Record<'hour' | 'day', { usual: number; most: number }> = {
  hour: { usual: 48 * HOUR, most: 1400 * HOUR },
  day: { usual: 31 * 24 * HOUR, most: 1400 * 24 * HOUR },
};

/** The stretch that the charts show: the one that is looked at in the list, as far as it goes. */
export function chartSpan(
  filter: HistoryFilter,
  step: Exclude<StatStep, 'minute'>,
  now: number,
): { from: Date; to: Date } {
  const to = Math.min(filter.to ?? now, now);
  const from = Math.max(filter.from ?? to - SPANS[step].usual, to - SPANS[step].most, 0);
  return { from: new Date(Math.min(from, to - 1)), to: new Date(to) };
}

/** Of some entries together. */
export function sumStat(
  list: readonly HistoryStat[],
): Pick<HistoryStat, 'pushed' | 'online' | 'ack'> {
  const sum = { pushed: 0, online: 0, ack: 0 };
  for (const entry of list) {
    sum.pushed += entry.pushed;
    sum.online += entry.online;
    sum.ack += entry.ack;
  }
  return sum;
}
