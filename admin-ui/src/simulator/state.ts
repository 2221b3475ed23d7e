// The simulated clients of the page that is open, and what looks for gaps among their messages.

import { onScopeDispose, shallowRef, triggerRef } from 'vue';
import type { NamespaceApi } from '@/api/namespace';
import type { MessageRecord } from '@/api/types';
import { readJson } from '@/lib/json_input';
import type { Device } from './device';
import { Fleet } from './fleet';
import { GapFinder, type Sent } from './gaps';
import { socketLinks } from './socket_link';

const LOOK_MS = 3000;
const LOOK_AT = 100;

/** A record as it came to a client. */
export function sentOf(record: MessageRecord): Sent {
  const data = readJson(record.pushData);
  const rooms = readJson(record.rooms ?? '');
  return {
    id: Number(record.id),
    room: record.room,
    rooms: rooms.ok && Array.isArray(rooms.value) ? rooms.value.map(String) : undefined,
    pushData: data.ok ? data.value : record.pushData,
    sendDate: record.sendDate,
    except: record.except,
  };
}

export function useFleet(api: NamespaceApi) {
  /** Triggered at most once per frame: 200 clients may receive at the same moment. */
  const version = shallowRef(0);
  let drawing = false;
  function changed(): void {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      version.value++;
      triggerRef(version);
    });
  }

  const fleet = new Fleet(socketLinks(api.key), changed);
  const gaps = new GapFinder();
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look(): Promise<void> {
    if (fleet.devices.length > 0) {
      try {
        const records = await api.messages(1, LOOK_AT);
        if (!ended && gaps.look(records.map(sentOf), fleet.devices, Date.now()) > 0) changed();
      } catch {
        // The next look finds what this one did not see.
      }
    }
    if (!ended) timer = setTimeout(look, LOOK_MS);
  }
  void look();

  onScopeDispose(() => {
    ended = true;
    clearTimeout(timer);
    fleet.close();
  });

  function remove(devices: readonly Device[]): void {
    for (const device of devices) gaps.forget(device);
    fleet.remove(devices);
  }

  return { fleet, version, remove };
}
