// The split of a room by platform. The API tells all of them, iOS and Android; the rest is web.

import type { Platform, RoomCounts } from '@/api/types';

export const PLATFORM_NAMES: Record<Platform, string> = {
  web: 'Web',
  ios: 'iOS',
  android: 'Android',
};

export function onlineBy(room: RoomCounts): Record<Platform, number> {
  const { clientCount: all, iosClientCount: ios, androidClientCount: android } = room;
  return { web: Math.max(0, all - ios - android), ios, android };
}

export function everBy(room: RoomCounts): Record<Platform, number> {
  const {
    totalClientCount: all,
    totalIOSClientCount: ios,
    totalAndroidClientCount: android,
  } = room;
  return { web: Math.max(0, all - ios - android), ios, android };
}
