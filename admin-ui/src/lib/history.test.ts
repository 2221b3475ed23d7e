import { describe, expect, test } from 'vitest';
import { chartSpan, emptyHistoryForm, historyFilter, isFiltered, sumStat } from './history';

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 23, 10, 0);

describe('filter', () => {
  test('nothing is asked for by an empty form', () => {
    const filter = historyFilter(emptyHistoryForm());
    expect(Object.values(filter).every((value) => value === undefined)).toBe(true);
    expect(isFiltered(emptyHistoryForm())).toBe(false);
  });

  test('times are those of the browser, the last minute included', () => {
    const form = { ...emptyHistoryForm(), from: '2026-11-23T10:00', to: '2026-11-23T10:00' };
    const { from, to } = historyFilter(form);
    expect(from).toBe(new Date(2026, 10, 23, 10, 0).getTime());
    expect(to! - from!).toBe(60_000);
    expect(isFiltered(form)).toBe(true);
  });

  test('what is no time is left out', () => {
    const filter = historyFilter({ ...emptyHistoryForm(), from: 'x', to: '2026-13-01T00:00' });
    expect(filter.from).toBeUndefined();
    expect(filter.to).toBeUndefined();
  });

  test('the rest goes as it is', () => {
    const form = {
      ...emptyHistoryForm(),
      room: 'r',
      q: '订单',
      leaveMessage: 'false' as const,
      apnsName: 'a',
    };
    expect(historyFilter(form)).toMatchObject({
      room: 'r',
      q: '订单',
      leaveMessage: 'false',
      apnsName: 'a',
    });
  });
});

describe('span of the charts', () => {
  test.each([
    ['hour', {}, 2 * DAY, 0],
    ['day', {}, 31 * DAY, 0],
    ['day', { from: now - 5 * DAY }, 5 * DAY, 0],
    ['hour', { from: now - 1000 * DAY }, (1400 / 24) * DAY, 0],
    ['hour', { from: now - 3 * DAY, to: now - 2 * DAY }, DAY, 2 * DAY],
    ['day', { to: now + 9 * DAY }, 31 * DAY, 0],
    // nothing lies in there: still a stretch that the server takes
    ['day', { from: now + DAY }, 1, 0],
  ] as const)('%s %o', (step, filter, length, ago) => {
    const { from, to } = chartSpan(filter, step, now);
    expect(to.getTime()).toBe(now - ago);
    expect(to.getTime() - from.getTime()).toBe(length);
  });
});

test('sums', () => {
  const entry = {
    time: '',
    pushed: 1,
    online: 4,
    ack: 2,
    ackWeb: 1,
    ackIOS: 1,
    ackAndroid: 0,
    offline: 9,
  };
  expect(sumStat([entry, entry])).toEqual({ pushed: 2, online: 8, ack: 4 });
  expect(sumStat([])).toEqual({ pushed: 0, online: 0, ack: 0 });
});
