// The simulated clients of this tab, and what looks for gaps among their messages.

import { shallowReactive, shallowRef, watch, type ShallowRef } from 'vue';
import { NamespaceApi } from '@/api/namespace';
import type { MessageRecord } from '@/api/types';
import { readJson } from '@/lib/json_input';
import { session } from '@/session/session';
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
    only: record.only,
  };
}

export interface Simulation {
  fleet: Fleet;
  version: ShallowRef<number>;
  remove: (devices: readonly Device[]) => void;
  end: () => void;
}

function start(key: string): Simulation {
  /** Triggered at most once per frame: 200 clients may receive at the same moment. */
  const version = shallowRef(0);
  let drawing = false;
  function changed(): void {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      version.value++;
    });
  }

  const api = new NamespaceApi(key);
  const fleet = new Fleet(socketLinks(key), changed);
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

  return {
    fleet,
    version,
    remove(devices) {
      for (const device of devices) gaps.forget(device);
      fleet.remove(devices);
    },
    end() {
      ended = true;
      clearTimeout(timer);
      fleet.close();
    },
  };
}

const running = shallowReactive(new Map<string, Simulation>());

/** Those of a namespace: they stay while the tab is open and somebody is logged in. */
export function simulationOf(key: string): Simulation {
  let one = running.get(key);
  if (!one) running.set(key, (one = start(key)));
  return one;
}

/** How many of a namespace's are online. */
export function simulatedOnline(key: string): number {
  const one = running.get(key);
  return one ? (void one.version.value, one.fleet.counts().online) : 0;
}

watch(session, (who) => {
  if (who) return;
  for (const one of running.values()) one.end();
  running.clear();
});
