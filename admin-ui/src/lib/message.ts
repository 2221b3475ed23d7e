// What a message record says, as numbers.

import type { MessageRecord, MessageStat, Platform } from '@/api/types';

export interface Counts {
  online: number;
  acked: number;
}

function number(value: unknown): number {
  const n = Number(value ?? 0);
  return Number.isFinite(n) ? n : 0;
}

export function totals(message: MessageRecord): Counts {
  return { online: number(message.onlineClientCount), acked: number(message.ackCount) };
}

/** online: null where this light-push does not count it by platform. */
export function byPlatform(
  message: MessageRecord,
): Record<Platform, { online: number | null; acked: number }> {
  const online = (value: string | undefined) => (value === undefined ? null : number(value));
  return {
    web: { online: online(message.onlineWebCount), acked: number(message.ackWebCount) },
    ios: { online: online(message.onlineIOSCount), acked: number(message.ackIOSCount) },
    android: { online: online(message.onlineAndroidCount), acked: number(message.ackAndroidCount) },
  };
}

export function isLeaveMessage(message: MessageRecord): boolean {
  return !['', '0', 'false', undefined].includes(message.leaveMessage);
}

/** The beginning of the data, on one line. */
export function excerpt(text: string, length = 80): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

/** Arrival rate in percent, null of nothing. */
export function arrival(stat: Pick<MessageStat, 'online' | 'ack'>): number | null {
  return stat.online > 0 ? Math.min(100, (100 * stat.ack) / stat.online) : null;
}

/** Devices that push providers were asked about, and those they took over; null before that. */
export function providerCounts(record: MessageRecord): { sent: number; good: number } | null {
  const sum = (...counts: (string | undefined)[]) =>
    counts.reduce((all, one) => all + Number(one ?? 0), 0);
  const sent = sum(record.apnsCount, record.fcmCount, record.webpushCount);
  const good = sum(record.apnsSuccessCount, record.fcmSuccessCount, record.webpushSuccessCount);
  return sent > 0 ? { sent, good } : null;
}
