// What one simulated client received, and what it missed.

export interface Received {
  id: number;
  room: string;
  pushData: unknown;
  sendDate?: number | string;
}

export interface InboxEntry extends Received {
  /** missed: the server has it, this client never got it. fetched: missed, then read by REST. */
  state: 'received' | 'missed' | 'fetched';
  /** When it came to the client (ms). */
  time: number;
  ackTime?: number;
  /** How often it came. More than once is a fault. */
  times: number;
}

const KEPT = 500;

export class Inbox {
  private entries = new Map<number, InboxEntry>();
  receivedCount = 0;
  missedCount = 0;

  /** False when it had come before. */
  add(message: Received, now: number): boolean {
    const known = this.entries.get(message.id);
    if (known && known.state !== 'missed') {
      known.times++;
      return false;
    }
    if (known) this.missedCount--;
    this.receivedCount++;
    this.entries.set(message.id, { ...message, state: 'received', time: now, times: 1 });
    this.forget();
    return true;
  }

  acked(id: number, now: number): void {
    const entry = this.entries.get(id);
    if (entry) entry.ackTime ??= now;
  }

  has(id: number): boolean {
    return this.entries.has(id);
  }

  /** The server has stored it for this client, and it did not come. */
  miss(message: Received, now: number): void {
    if (this.entries.has(message.id)) return;
    this.missedCount++;
    this.entries.set(message.id, { ...message, state: 'missed', time: now, times: 0 });
    this.forget();
  }

  missedIds(): number[] {
    return this.list()
      .filter((entry) => entry.state === 'missed')
      .map((entry) => entry.id);
  }

  /** A message that was missed has been read by another way. */
  fetched(id: number): void {
    const entry = this.entries.get(id);
    if (entry?.state !== 'missed') return;
    entry.state = 'fetched';
    this.missedCount--;
  }

  /** Newest first, by the server's order. */
  list(): InboxEntry[] {
    return [...this.entries.values()].sort((a, b) => b.id - a.id);
  }

  private forget(): void {
    while (this.entries.size > KEPT) {
      const oldest = Math.min(...this.entries.keys());
      if (this.entries.get(oldest)?.state === 'missed') this.missedCount--;
      this.entries.delete(oldest);
    }
  }
}
