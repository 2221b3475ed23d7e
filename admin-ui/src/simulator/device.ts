// One simulated client: its connection, the rooms it wants to be in, and what it received.

import type { Identity } from './identity';
import { Inbox, type Received } from './inbox';
import { realTimers, type Link, type OpenLink, type Timers, type Transport } from './link';

/** offline: by choice; waiting: comes back by itself. */
export type DeviceState = 'offline' | 'connecting' | 'online' | 'waiting';

export type AckMode = 'on' | 'off' | 'late';

export interface Answer {
  status: number;
  msg: string;
  id?: number;
}

const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 15_000;

export class Device {
  state: DeviceState = 'offline';
  /** Given by the server. */
  clientId = '';
  /** Why it is not online, in the server's or socket.io's words. */
  trouble = '';
  ack: AckMode = 'on';
  ackDelayMs = 3000;
  readonly inbox = new Inbox();
  /** Joined on every connect. */
  readonly rooms = new Set<string>();

  private link: Link | null = null;
  private timer: unknown;
  private ackTimers = new Set<unknown>();
  private retryMs = RETRY_FIRST_MS;

  constructor(
    readonly identity: Identity,
    readonly transport: Transport,
    private readonly open: OpenLink,
    /** Called after every change that somebody may want to see. */
    private readonly changed: (device: Device) => void,
    private readonly timers: Timers = realTimers,
  ) {}

  goOnline(): void {
    if (this.state === 'online' || this.state === 'connecting') return;
    this.timers.cancel(this.timer);
    this.link ??= this.makeLink();
    this.trouble = '';
    this.set('connecting');
    this.link.connect();
  }

  goOffline(): void {
    this.timers.cancel(this.timer);
    for (const timer of this.ackTimers) this.timers.cancel(timer);
    this.ackTimers.clear();
    this.trouble = '';
    this.set('offline');
    this.link?.disconnect();
  }

  /** The network is gone for a while; then the client comes back by itself. */
  dropFor(seconds: number): void {
    if (this.state === 'offline') return;
    this.timers.cancel(this.timer);
    this.set('waiting');
    this.link?.cut();
    this.timer = this.timers.after(seconds * 1000, () => this.goOnline());
  }

  join(rooms: readonly string[]): Promise<Answer | null> {
    for (const room of rooms) this.rooms.add(room);
    this.changed(this);
    return this.ask('joinRoom', rooms);
  }

  leave(rooms: readonly string[]): Promise<Answer | null> {
    for (const room of rooms) this.rooms.delete(room);
    this.changed(this);
    return this.ask('leaveRoom', rooms);
  }

  /** Fields of the client's record. */
  info(fields: Record<string, unknown>): Promise<Answer | null> {
    return this.ask('info', fields);
  }

  push(room: string, pushData: unknown): Promise<Answer | null> {
    return this.ask('push', { room, pushData });
  }

  /** What it missed has been read by REST. */
  markFetched(id: number): void {
    this.inbox.fetched(id);
    this.changed(this);
  }

  /** Rooms that reach it, its user's own included. */
  hears(room: string): boolean {
    return this.rooms.has(room) || room === `user_${this.identity.userid}`;
  }

  private set(state: DeviceState): void {
    this.state = state;
    this.changed(this);
  }

  /** null: not online, or no answer. */
  private ask(event: string, payload: unknown): Promise<Answer | null> {
    const link = this.link;
    if (!link || this.state !== 'online') return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = this.timers.after(10_000, () => resolve(null));
      link.emit(event, payload, (answer: Answer) => {
        this.timers.cancel(timer);
        resolve(answer);
      });
    });
  }

  private makeLink(): Link {
    const link = this.open(this.identity, this.transport);
    link.on('ok', (hello: { clientId?: string }) => this.onOk(hello));
    link.on('push', (message: Received) => this.onMessage(message));
    link.on('offlineMessage', (messages: Received[]) => {
      for (const message of Array.isArray(messages) ? messages : []) this.onMessage(message);
    });
    // The message text of connect_error is all that socket.io tells.
    link.on('connect_error', (error: { message: string }) => this.onLost(error.message, false));
    link.on('disconnect', (reason: string) =>
      this.onLost(reason, reason === 'io server disconnect'),
    );
    link.on('kicked', (why: { reason?: string; retry_after?: number }) => this.onKicked(why));
    return link;
  }

  private onOk(hello: { clientId?: string }): void {
    if (this.state === 'offline') return;
    this.clientId = hello.clientId ?? '';
    this.retryMs = RETRY_FIRST_MS;
    this.set('online');
    if (this.rooms.size > 0) void this.ask('joinRoom', [...this.rooms]);
  }

  private onMessage(message: Received): void {
    const fresh = this.inbox.add({ ...message, id: Number(message.id) }, this.timers.now());
    if (this.ack === 'on') this.sendAck(message.id);
    if (this.ack === 'late' && fresh) {
      const timer = this.timers.after(this.ackDelayMs, () => {
        this.ackTimers.delete(timer);
        this.sendAck(message.id);
      });
      this.ackTimers.add(timer);
    }
    this.changed(this);
  }

  private sendAck(id: number): void {
    if (this.state !== 'online') return;
    this.link?.emit('ackPush', { id: Number(id) });
    this.inbox.acked(Number(id), this.timers.now());
    this.changed(this);
  }

  /** Told to go: it does not come back by itself, or not before it may. */
  private onKicked(why: { reason?: string; retry_after?: number }): void {
    this.trouble = `kicked: ${why.reason ?? ''}`;
    this.timers.cancel(this.timer);
    this.set('offline');
  }

  private onLost(reason: string, forGood: boolean): void {
    // By choice, or the timer of dropFor() runs.
    if (this.state === 'offline' || this.state === 'waiting') return;
    this.trouble = reason;
    if (forGood) {
      this.set('offline');
      return;
    }
    this.set('waiting');
    this.timer = this.timers.after(this.retryMs, () => this.goOnline());
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MOST_MS);
  }
}
