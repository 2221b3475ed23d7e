// Which messages a client should have and does not. The server's list of messages is compared with
// what came; ids grow with each message of the namespace, so no clocks are compared.

import type { Device } from './device';
import type { Received } from './inbox';

export interface Sent extends Received {
  /** All rooms of a message to several; `room` is the first of them. */
  rooms?: readonly string[];
  /** Client id that does not get it. */
  except?: string;
  /** Client id that alone gets it. */
  only?: string;
}

function isFor({ except, only }: Sent, clientId: string): boolean {
  return except !== clientId && (only ?? clientId) === clientId;
}

export class GapFinder {
  /** Per client and room: the newest message when it joined. */
  private baselines = new Map<Device, Map<string, number>>();
  private newest: number | null = null;
  private previous = new Set<number>();

  /**
   * Looks at the newest messages that the server has. A message counts as missed when it was in the
   * list of the look before as well: until then it may be on its way. Returns how many were found.
   */
  look(sent: readonly Sent[], devices: readonly Device[], now: number): number {
    const newest = Math.max(this.newest ?? 0, ...sent.map((message) => message.id));
    let found = 0;
    for (const device of devices) {
      const baselines = this.baselinesOf(device, newest);
      for (const message of sent) {
        const heard = (message.rooms ?? [message.room]).some(
          (room) => message.id > (baselines.get(room) ?? Infinity),
        );
        const due = heard && this.previous.has(message.id) && isFor(message, device.clientId);
        if (!due || device.inbox.has(message.id)) continue;
        device.inbox.miss(message, now);
        found++;
      }
    }
    this.newest = newest;
    this.previous = new Set(sent.map((message) => message.id));
    return found;
  }

  /** A client has been removed. */
  forget(device: Device): void {
    this.baselines.delete(device);
  }

  /** Rooms that are new begin now; those that were left are forgotten. */
  private baselinesOf(device: Device, newest: number): Map<string, number> {
    const known = this.baselines.get(device) ?? new Map<string, number>();
    const everOnline = device.clientId !== '';
    const own = `user_${device.identity.userid}`;
    for (const room of known.keys()) if (!device.hears(room)) known.delete(room);
    for (const room of everOnline ? [...device.rooms, own] : [])
      if (!known.has(room)) known.set(room, newest);
    this.baselines.set(device, known);
    return known;
  }
}
