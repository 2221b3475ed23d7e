import { beforeEach, describe, expect, test } from 'vitest';
import { Device, type Answer } from './device';
import { Fleet, FLEET_MAX, POLLING_MAX } from './fleet';
import { GapFinder, type Sent } from './gaps';
import { isName, makeIdentities, randomPrefix, withToken, type Identity } from './identity';
import { Inbox } from './inbox';
import type { Link, Timers } from './link';

/** A clock that only moves when it is told to. */
class FakeTimers implements Timers {
  time = 0;
  private due: { at: number; action: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, action: () => void): unknown {
    const timer = { at: this.time + ms, action };
    this.due.push(timer);
    return timer;
  }

  cancel(timer: unknown): void {
    this.due = this.due.filter((one) => one !== timer);
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.due.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.cancel(next);
      this.time = next.at;
      next.action();
    }
    this.time = end;
  }
}

/** A connection whose other end is the test. */
class FakeLink implements Link {
  readonly emitted: { event: string; payload: unknown; answer?: (answer: Answer) => void }[] = [];
  readonly calls: string[] = [];
  private handlers = new Map<string, (...args: never[]) => void>();

  on(event: string, handler: (...args: never[]) => void): void {
    this.handlers.set(event, handler);
  }

  emit(event: string, payload: unknown, answer?: (answer: Answer) => void): void {
    this.emitted.push({ event, payload, answer });
  }

  connect(): void {
    this.calls.push('connect');
  }

  disconnect(): void {
    this.calls.push('disconnect');
    this.receive('disconnect', 'io client disconnect');
  }

  cut(): void {
    this.calls.push('cut');
    this.receive('disconnect', 'transport close');
  }

  receive(event: string, ...args: unknown[]): void {
    (this.handlers.get(event) as ((...args: unknown[]) => void) | undefined)?.(...args);
  }

  acks(): unknown[] {
    return this.emitted.filter((one) => one.event === 'ackPush').map((one) => one.payload);
  }
}

const ann: Identity = { uuid: 'u', userid: 'ann', platform: 'web' };
let timers: FakeTimers;
let link: FakeLink;
let device: Device;

beforeEach(() => {
  timers = new FakeTimers();
  link = new FakeLink();
  device = new Device(
    ann,
    'websocket',
    () => link,
    () => {},
    timers,
  );
});

function online(): void {
  device.goOnline();
  link.receive('ok', { clientId: '/d#ann#web-u' });
}

const message = (id: number, room = 'news') => ({ id, room, pushData: { n: id } });

describe('a device', () => {
  test('goes online and joins its rooms', () => {
    device.rooms.add('news');
    device.goOnline();
    expect(device.state).toBe('connecting');
    link.receive('ok', { clientId: 'id' });
    expect(device.state).toBe('online');
    expect(device.clientId).toBe('id');
    expect(link.emitted).toMatchObject([{ event: 'joinRoom', payload: ['news'] }]);
  });

  test('acknowledges at once, late, or not', () => {
    online();
    link.receive('push', message(1));
    expect(link.acks()).toEqual([{ id: 1 }]);
    device.ack = 'off';
    link.receive('push', message(2));
    timers.advance(60_000);
    expect(link.acks()).toHaveLength(1);
    device.ack = 'late';
    device.ackDelayMs = 5000;
    link.receive('push', message(3));
    timers.advance(4999);
    expect(link.acks()).toHaveLength(1);
    timers.advance(1);
    expect(link.acks()).toEqual([{ id: 1 }, { id: 3 }]);
    expect(device.inbox.list()[0]).toMatchObject({ id: 3, ackTime: 65_000, time: 60_000 });
  });

  test('comes back after the network was gone', () => {
    online();
    device.dropFor(10);
    expect(link.calls).toEqual(['connect', 'cut']);
    expect(device.state).toBe('waiting');
    timers.advance(9999);
    expect(link.calls).toHaveLength(2);
    timers.advance(1);
    expect(device.state).toBe('connecting');
    expect(link.calls).toEqual(['connect', 'cut', 'connect']);
  });

  test('tries again after a loss, less and less often', () => {
    online();
    link.receive('disconnect', 'transport close');
    expect(device.state).toBe('waiting');
    expect(device.trouble).toBe('transport close');
    timers.advance(1000);
    expect(device.state).toBe('connecting');
    link.receive('connect_error', { message: 'server busy' });
    expect(device.trouble).toBe('server busy');
    timers.advance(1999);
    expect(device.state).toBe('waiting');
    timers.advance(1);
    expect(device.state).toBe('connecting');
  });

  test('stays away when it is sent away', () => {
    online();
    link.receive('kicked', { reason: 'cheating', retry_after: 60 });
    link.receive('disconnect', 'io server disconnect');
    expect(device.state).toBe('offline');
    expect(device.trouble).toBe('kicked: cheating');
    timers.advance(100_000);
    expect(link.calls).toEqual(['connect']);
  });

  test('sends no late acknowledgement after it went', () => {
    online();
    device.ack = 'late';
    link.receive('push', message(1));
    device.goOffline();
    timers.advance(60_000);
    expect(link.acks()).toEqual([]);
    expect(device.state).toBe('offline');
  });

  test('asks and gets an answer, or none', async () => {
    expect(await device.join(['r'])).toBeNull(); // not online: kept for later
    online();
    expect(link.emitted[0]).toMatchObject({ event: 'joinRoom', payload: ['r'] });
    const push = device.push('r', { a: 1 });
    link.emitted.at(-1)!.answer!({ status: 200, msg: 'ok', id: 4 });
    expect(await push).toEqual({ status: 200, msg: 'ok', id: 4 });
    const info = device.info({ mobile: 'x' });
    timers.advance(10_000);
    expect(await info).toBeNull();
  });

  test('takes what waited for it', () => {
    online();
    link.receive('offlineMessage', [message(2), message(1)]);
    expect(device.inbox.list().map((entry) => entry.id)).toEqual([2, 1]);
  });
});

describe('the inbox', () => {
  test('counts what comes twice', () => {
    const inbox = new Inbox();
    expect(inbox.add(message(1), 0)).toBe(true);
    expect(inbox.add(message(1), 5)).toBe(false);
    expect(inbox.list()[0]?.times).toBe(2);
    expect(inbox.receivedCount).toBe(1);
  });

  test('missed, then fetched or come late', () => {
    const inbox = new Inbox();
    inbox.miss(message(1), 0);
    inbox.miss(message(2), 0);
    expect(inbox.missedIds()).toEqual([2, 1]);
    inbox.fetched(1);
    expect(inbox.missedCount).toBe(1);
    expect(inbox.add(message(2), 9)).toBe(true);
    expect(inbox.missedCount).toBe(0);
    expect(inbox.list().map((entry) => entry.state)).toEqual(['received', 'fetched']);
  });

  test('forgets the oldest', () => {
    const inbox = new Inbox();
    inbox.miss(message(1), 0);
    for (let id = 2; id <= 600; id++) inbox.add(message(id), 0);
    expect(inbox.list()).toHaveLength(500);
    expect(inbox.list().at(-1)?.id).toBe(101);
    expect(inbox.missedCount).toBe(0);
    expect(inbox.receivedCount).toBe(599);
  });
});

describe('gaps', () => {
  let gaps: GapFinder;
  beforeEach(() => {
    gaps = new GapFinder();
    device.rooms.add('news');
    online();
  });
  const look = (...sent: Sent[]) => gaps.look(sent, [device], 0);

  test('what came before the client joined is none', () => {
    look(message(1));
    expect(look(message(1))).toBe(0);
  });

  test('a message counts at the second look', () => {
    look();
    expect(look(message(1))).toBe(0);
    expect(look(message(1))).toBe(1);
    expect(look(message(1))).toBe(0);
    expect(device.inbox.missedIds()).toEqual([1]);
  });

  test('received ones, other rooms and exceptions are none', () => {
    look();
    link.receive('push', message(1));
    const sent = [
      message(1),
      message(2, 'other'),
      { ...message(3), except: '/d#ann#web-u' },
      { ...message(4), only: '/d#bob#web-v' },
    ];
    look(...sent);
    expect(look(...sent)).toBe(0);
  });

  test('the user’s own room, and one of several rooms', () => {
    look();
    const sent = [message(1, 'user_ann'), { ...message(2, 'x'), rooms: ['x', 'news'] }];
    look(...sent);
    expect(look(...sent)).toBe(2);
  });

  test('a room that was left, and joined again', () => {
    look();
    void device.leave(['news']);
    look(message(1));
    void device.join(['news']);
    look(message(1), message(2)); // begins here
    expect(look(message(1), message(2))).toBe(0);
    look(message(3));
    expect(look(message(3))).toBe(1);
  });
});

describe('the fleet', () => {
  const many = (count: number, first = 1) =>
    makeIdentities({ count, first, prefix: 's', perUser: 1, platform: 'web' });
  const links: FakeLink[] = [];
  let fleet: Fleet;
  beforeEach(() => {
    links.length = 0;
    fleet = new Fleet(
      () => {
        links.push(new FakeLink());
        return links.at(-1)!;
      },
      () => {},
      timers,
    );
  });

  test('has room for so many', () => {
    expect(fleet.add(many(FLEET_MAX + 5), 'websocket')).toHaveLength(FLEET_MAX);
    expect(fleet.add(many(1, 900), 'websocket')).toHaveLength(0);
  });

  test('has few that only poll', () => {
    expect(fleet.add(many(9), 'polling')).toHaveLength(POLLING_MAX);
  });

  test('does not add one twice', () => {
    fleet.add(many(2), 'websocket');
    expect(fleet.add(many(3), 'websocket')).toHaveLength(1);
  });

  test('connects some at a time', () => {
    fleet.goOnline(fleet.add(many(25), 'websocket'));
    expect(fleet.counts().connecting).toBe(10);
    for (const one of links) one.receive('ok', { clientId: 'x' });
    timers.advance(50);
    expect(fleet.counts()).toMatchObject({ online: 10, connecting: 10, offline: 5 });
  });

  test('takes back who still waits for its turn', () => {
    const devices = fleet.add(many(25), 'websocket');
    fleet.goOnline(devices);
    fleet.goOffline(devices);
    timers.advance(10_000);
    expect(fleet.counts().offline).toBe(25);
    expect(links).toHaveLength(10);
  });

  test('brings back who waits', () => {
    const devices = fleet.add(many(2), 'websocket');
    fleet.goOnline(devices);
    for (const one of links) one.receive('ok', { clientId: 'x' });
    devices[0]!.dropFor(600);
    expect(fleet.counts()).toMatchObject({ online: 1, waiting: 1 });
    fleet.goOnline(devices);
    expect(fleet.counts()).toMatchObject({ online: 1, connecting: 1 });
    links[0]!.receive('ok', { clientId: 'x' });
    timers.advance(600_000);
    expect(links[0]!.calls).toEqual(['connect', 'cut', 'connect']);
  });

  test('ends with its page', () => {
    fleet.goOnline(fleet.add(many(2), 'websocket'));
    fleet.close();
    expect(fleet.devices).toHaveLength(0);
    expect(links.every((one) => one.calls.includes('disconnect'))).toBe(true);
  });
});

describe('identities', () => {
  test('users with several devices, platforms in turn', () => {
    const made = makeIdentities({ count: 4, first: 1, prefix: 's', perUser: 2, platform: 'mixed' });
    expect(made.map((one) => one.userid)).toEqual(['s-user-1', 's-user-1', 's-user-2', 's-user-2']);
    expect(made.map((one) => one.platform)).toEqual(['web', 'ios', 'android', 'web']);
    expect(new Set(made.map((one) => one.uuid)).size).toBe(4);
  });
  test('prefix', () => expect(randomPrefix(() => 0)).toBe('sim-aaaa'));
  test.each([
    ['news', true],
    ['a.b-c_d$#/\\', true],
    ['', false],
    ['a b', false],
    ['x'.repeat(101), false],
    ['房间', false],
  ])('%.20s', (text, good) => expect(isName(text)).toBe(good));

  test('claims of a token take the place of what a client says', () => {
    const own = { uuid: 'u', userid: 'me', platform: 'web' } as const;
    const token = (claims: unknown) =>
      `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
    expect(withToken(own, '')).toEqual(own);
    expect(withToken(own, 'nonsense')).toEqual({ ...own, token: 'nonsense' });
    const anna = token({ sub: '安娜?>', platform: 'ios', uuid: 5 });
    expect(withToken(own, anna)).toEqual({
      ...own,
      userid: '安娜?>',
      platform: 'ios',
      token: anna,
    });
  });
});
