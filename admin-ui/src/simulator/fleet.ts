// All simulated clients of a namespace in this tab, and what is done to many of them at once.

import { Device } from './device';
import type { Identity } from './identity';
import { realTimers, type OpenLink, type Timers, type Transport } from './link';

export const FLEET_MAX = 200;
/** Browsers open six connections to a server at most; each polling client needs up to two. */
export const POLLING_MAX = 2;

/** How many clients may be connecting at a time: a page must not look like an attack. */
const AT_ONCE = 10;
const STEP_MS = 50;

export class Fleet {
  readonly devices: Device[] = [];
  private queue: Device[] = [];
  private timer: unknown = null;

  constructor(
    private readonly open: OpenLink,
    private readonly changed: () => void,
    private readonly timers: Timers = realTimers,
  ) {}

  /** Adds those that are not there yet, as far as there is room. Returns the new ones. */
  add(identities: readonly Identity[], transport: Transport): Device[] {
    const known = new Set(this.devices.map((device) => keyOf(device.identity)));
    const added: Device[] = [];
    for (const identity of identities) {
      if (known.has(keyOf(identity)) || !this.roomFor(transport)) continue;
      const device = new Device(identity, transport, this.open, this.changed, this.timers);
      known.add(keyOf(identity));
      this.devices.push(device);
      added.push(device);
    }
    this.changed();
    return added;
  }

  private roomFor(transport: Transport): boolean {
    if (this.devices.length >= FLEET_MAX) return false;
    if (transport !== 'polling') return true;
    return this.devices.filter((device) => device.transport === 'polling').length < POLLING_MAX;
  }

  remove(devices: readonly Device[]): void {
    for (const device of devices) {
      device.goOffline();
      const at = this.devices.indexOf(device);
      if (at >= 0) this.devices.splice(at, 1);
    }
    this.queue = this.queue.filter((device) => !devices.includes(device));
    this.changed();
  }

  /** One after the other, some at a time; those that wait to come back do not wait any longer. */
  goOnline(devices: readonly Device[]): void {
    for (const device of devices) {
      const away = device.state === 'offline' || device.state === 'waiting';
      if (away && !this.queue.includes(device)) this.queue.push(device);
    }
    this.step();
  }

  goOffline(devices: readonly Device[]): void {
    this.queue = this.queue.filter((device) => !devices.includes(device));
    for (const device of devices) device.goOffline();
  }

  /** Nobody is logged in any more. */
  close(): void {
    this.queue = [];
    this.timers.cancel(this.timer);
    this.remove([...this.devices]);
  }

  counts(): Record<Device['state'], number> & { received: number; missed: number } {
    const sum = { offline: 0, connecting: 0, online: 0, waiting: 0, received: 0, missed: 0 };
    for (const device of this.devices) {
      sum[device.state]++;
      sum.received += device.inbox.receivedCount;
      sum.missed += device.inbox.missedCount;
    }
    return sum;
  }

  private step(): void {
    this.timers.cancel(this.timer);
    let free = AT_ONCE - this.devices.filter((device) => device.state === 'connecting').length;
    while (free-- > 0 && this.queue.length > 0) this.queue.shift()!.goOnline();
    if (this.queue.length > 0) this.timer = this.timers.after(STEP_MS, () => this.step());
  }
}

function keyOf(identity: Identity): string {
  return `${identity.userid} ${identity.platform} ${identity.uuid}`;
}
