import { webcrypto } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ApiError } from '@/api/error';
import { basic, queryText } from '@/api/http';
import { connectorRates } from './connector_rates';
import { certificateExpiry } from './certificate';
import { parseClientId } from './client_id';
import { curlCommand, shellQuote } from './curl';
import { keptDraft } from './draft';
import { errorText } from './error_text';
import { bytes, count, duration, rate, toDate } from './format';
import { isPushData, prettyJson, readJson } from './json_input';
import { keyName, keyProblem, keysChange, kidProblem } from './jwt_keys';
import { arrival, byPlatform, excerpt, isLeaveMessage, providerCounts, totals } from './message';
import { generatePassword } from './password';
import {
  authorization,
  daysLeft,
  makeVapidPair,
  projectOf,
  providerExpiry,
  providerFiles,
} from './provider';
import { emptyForm, pushRequest } from './push_form';
import { Ring } from './ring';
import { everBy, onlineBy } from './room';
import { filterSettings, groupSettings, translateSettings } from './settings';
import type { JwtKey, MessageRecord, Overview, RoomCounts, Setting } from '@/api/types';

// Node 18 has it elsewhere than browsers.
globalThis.crypto ??= webcrypto as Crypto;

describe('format', () => {
  test.each([
    [12345, '12,345'],
    ['678', '678'],
    [0, '0'],
    ['', '–'],
    [undefined, '–'],
    ['x', '–'],
  ])('count %s', (value, text) => expect(count(value, 'en')).toBe(text));

  test.each([
    [1, 2, '50 %'],
    [0, 5, '0 %'],
    [5, 5, '100 %'],
    [0, 0, '–'],
    [1, 3, '33.3 %'],
    [99999, 100000, '99.9 %'],
  ])('rate %i of %i', (part, whole, text) => expect(rate(part, whole)).toBe(text));

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KB'],
    [50 * 1024 ** 2, '50 MB'],
    [3 * 1024 ** 4, '3072 GB'],
    [null, '–'],
  ])('bytes %s', (value, text) => expect(bytes(value)).toBe(text));

  test.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [61_000, '1 min 1 s'],
    [3 * 86_400_000 + 4 * 3_600_000 + 5000, '3 d 4 h'],
    [-1, '–'],
    [undefined, '–'],
  ])('duration %s', (value, text) => expect(duration(value)).toBe(text));

  test.each([
    ['1700000000000', 1700000000000],
    [1700000000000, 1700000000000],
    ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
    ['never', undefined],
    ['', undefined],
    [null, undefined],
  ])('toDate %s', (value, time) => expect(toDate(value)?.getTime()).toBe(time));
});

describe('http', () => {
  test('credentials of any text', () => {
    const value = basic('/d', 'pass:wörd 密码');
    expect(
      new TextDecoder().decode(Uint8Array.from(atob(value.slice(6)), (c) => c.charCodeAt(0))),
    ).toBe('/d:pass:wörd 密码');
  });
  test.each([
    [{}, ''],
    [{ a: 1, b: undefined, c: '' }, '?a=1'],
    [{ room: ['a', 'b&c'] }, '?room=a&room=b%26c'],
  ])('query %j', (query, text) => expect(queryText(query)).toBe(text));
  test('what is absent', () => {
    expect(new ApiError(404, 'not_found', '').absent).toBe(true);
    expect(new ApiError(404, 'client_not_found', '').absent).toBe(false);
    expect(new ApiError(503, 'service_unavailable', '').absent).toBe(false);
  });
});

describe('errors in words', () => {
  const texts: Record<string, string> = {
    'error.room_invalid': 'room!',
    'error.status_503': 'later',
    'error.logins_limited': 'in {seconds} s',
  };
  const t = (key: string, named?: Record<string, unknown>) =>
    texts[key]?.replace('{seconds}', String(named?.seconds)) ?? `${key} ${JSON.stringify(named)}`;
  const te = (key: string) => key in texts;
  test.each([
    [new ApiError(400, 'room_invalid', 'x'), 'room!'],
    [new ApiError(400, 'room_invalid', 'why', 0, 'rooms[1]'), 'room! rooms[1]: why'],
    [new ApiError(503, 'what', 'x'), 'later'],
    [new ApiError(429, 'logins_limited', 'x', 17), 'in 17 s'],
    [new ApiError(400, 'new', 'said'), 'error.other {"status":400,"text":"said"}'],
    [new Error('plain'), 'plain'],
    ['text', 'text'],
  ])('%s', (error, text) => expect(errorText(error, t, te)).toBe(text));
});

describe('JSON as typed', () => {
  test('values', () => expect(readJson('{"a":1}')).toEqual({ ok: true, value: { a: 1 } }));
  test('nothing', () => expect(readJson(' \n')).toMatchObject({ ok: false, empty: true }));
  test('where it is wrong', () => {
    expect(readJson('{\n  "a": 1,\n  "b" 2\n}')).toMatchObject({ ok: false, line: 3, column: 7 });
    expect(readJson('{"a":')).toMatchObject({ ok: false, line: 1 });
  });
  test('layout', () => {
    expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(prettyJson('{"a"')).toBe('{"a"');
  });
  test.each([
    [{ a: 1 }, true],
    [[1], true],
    [{}, false],
    [[], false],
    ['text', false],
    [null, false],
    [1, false],
  ])('pushData %j', (value, good) => expect(isPushData(value)).toBe(good));
});

describe('push form', () => {
  const form = (change: object) => pushRequest({ ...emptyForm(), name: 'news', ...change }, '/d');
  test('the least', () => {
    expect(form({ data: '{"a":1}' })).toEqual({ request: { room: 'news', pushData: { a: 1 } } });
  });
  test('to one client, of its user’s room', () => {
    const name = '/d#ann#web-1';
    expect(form({ target: 'client', name, data: '[1]', except: 'x' })).toEqual({
      request: { room: 'user_ann', pushData: [1], only: name },
    });
  });
  test('all of it', () => {
    const all = {
      target: 'user',
      name: 'ann',
      data: '[1]',
      expire: 2,
      leaveMessage: true,
      apnsName: 'main',
      except: '/d#ann#web-1',
      lost: true,
    };
    expect(form(all)).toEqual({
      request: {
        room: 'user_ann',
        pushData: [1],
        expire: 2,
        leaveMessage: true,
        apnsName: 'main',
        except: '/d#ann#web-1',
        extra: 'lost',
      },
    });
  });
  test.each([
    [{ name: '' }, 'push.no_room'],
    [{ name: '', target: 'user' }, 'push.no_user'],
    [{ name: 'a b' }, 'push.name_invalid'],
    [{ name: '', target: 'client' }, 'push.no_client'],
    [{ name: '/e#ann#web-1', target: 'client' }, 'push.client_invalid'],
    [{ data: ' ' }, 'push.data_empty'],
    [{ data: '{' }, 'push.data_wrong'],
    [{ data: '{}' }, 'push.data_object'],
    [{ data: '7' }, 'push.data_object'],
  ])('%j', (change, problem) => expect(form(change)).toEqual({ problem }));
});

describe('what was typed, when the server has something new', () => {
  test.each([
    ['nothing', 'a', 'a', 'b', undefined, 'b'],
    ['something', 'typed', 'a', 'b', undefined, 'typed'],
    ['what was saved, as the server took it', ' b', 'a', 'b', ' b', 'b'],
    ['more, after it was saved', 'b and more', 'a', 'b', 'b', 'b and more'],
    ['taken back', 'a', 'a', 'a', undefined, 'a'],
  ])('%s', (_, typed, before, now, sent, shown) =>
    expect(keptDraft(typed, before, now, sent)).toBe(shown),
  );
});

describe('curl', () => {
  test.each([
    ['plain-1.2/x', 'plain-1.2/x'],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ['', "''"],
    ['$(rm)', "'$(rm)'"],
  ])('quotes %s', (text, quoted) => expect(shellQuote(text)).toBe(quoted));
  test('no password in it', () => {
    const text = curlCommand('http://h', '/api', '/d', { a: "'" });
    expect(text).toContain('-u /d:"$PASSWORD"');
    expect(text).toContain(`'{"a":"'\\''"}'`);
  });
});

describe('client ids', () => {
  test.each([
    ['/d#ann#web-1', { userid: 'ann', platform: 'web', uuid: '1' }],
    ['/d#ann#1#ios-u-1', { userid: 'ann#1', platform: 'ios', uuid: 'u-1' }],
    ['/d#a#web-b#android-c', { userid: 'a#web-b', platform: 'android', uuid: 'c' }],
    ['/e#ann#web-1', null],
    ['/d#ann', null],
    ['/d##web-1', null],
    ['/d#ann#web-', null],
  ])('%s', (id, parsed) => expect(parseClientId(id, '/d')).toEqual(parsed));
});

describe('messages', () => {
  const message = {
    id: '1',
    room: 'r',
    pushData: '{}',
    sendDate: '0',
    onlineClientCount: '4',
    ackCount: '3',
    ackIOSCount: '1',
    onlineIOSCount: '2',
  } as MessageRecord;
  test('sums', () => expect(totals(message)).toEqual({ online: 4, acked: 3 }));
  test('by platform', () => {
    expect(byPlatform(message)).toEqual({
      web: { online: null, acked: 0 },
      ios: { online: 2, acked: 1 },
      android: { online: null, acked: 0 },
    });
  });
  test.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
    [undefined, false],
  ])('leaveMessage %s', (leaveMessage, is) =>
    expect(isLeaveMessage({ ...message, leaveMessage })).toBe(is),
  );
  test('excerpt', () => {
    expect(excerpt('a\n  b')).toBe('a b');
    expect(excerpt('x'.repeat(9), 5)).toBe('xxxxx…');
  });
  test('arrival', () => {
    expect(arrival({ online: 4, ack: 1 })).toBe(25);
    expect(arrival({ online: 0, ack: 0 })).toBeNull();
    expect(arrival({ online: 1, ack: 2 })).toBe(100);
  });
});

describe('rooms by platform', () => {
  const room = {
    clientCount: 6,
    iosClientCount: 1,
    androidClientCount: 2,
    totalClientCount: 9,
    totalIOSClientCount: 4,
    totalAndroidClientCount: 5,
  } as RoomCounts;
  test('the rest is web', () => {
    expect(onlineBy(room)).toEqual({ web: 3, ios: 1, android: 2 });
    expect(everBy(room)).toEqual({ web: 0, ios: 4, android: 5 });
  });
});

describe('rates of connectors', () => {
  const at = (time: number, counts: Record<string, number>) => ({
    time,
    values: {
      connectors: Object.entries(counts).map(([owner, deliveries]) => ({ owner, deliveries })),
    } as unknown as Overview,
  });
  test('sums the growth of each', () => {
    const points = [at(0, { a: 100, b: 50 }), at(1000, { a: 110, b: 55 })];
    expect(connectorRates(points, 'deliveries', 1)).toEqual([[1000, 15]]);
  });
  test('one that ends or starts is no jump', () => {
    const points = [at(0, { a: 100 }), at(1000, { b: 900 }), at(2000, { b: 910 })];
    expect(connectorRates(points, 'deliveries', 1)).toEqual([
      [1000, 0],
      [2000, 10],
    ]);
  });
  test('averages over some readings', () => {
    const points = [at(0, { a: 0 }), at(1000, { a: 0 }), at(2000, { a: 10 })];
    expect(connectorRates(points, 'deliveries', 2)[1]).toEqual([2000, 5]);
  });
});

test('a ring keeps the newest', () => {
  const ring = new Ring<number>(3);
  for (let i = 1; i <= 5; i++) ring.push(i, i * 10);
  expect(ring.all().map((point) => point.values)).toEqual([30, 40, 50]);
  expect(ring.last?.time).toBe(5);
});

test('passwords are long, and never the same', () => {
  const made = new Set(Array.from({ length: 50 }, () => generatePassword()));
  expect(made.size).toBe(50);
  for (const password of made) expect(password).toMatch(/^[a-zA-Z2-9]{24}$/);
});

describe('settings', () => {
  const setting = (change: Partial<Setting>) =>
    ({ name: 'n', group: 'g', value: 'v', origin: 'default', help: '', ...change }) as Setting;
  const list = [
    setting({ name: 'redis_address', origin: 'file', group: 'Redis' }),
    setting({ name: 'lease_time', help: 'Until a connector is declared dead' }),
    setting({ name: 'redis_db', group: 'Redis' }),
  ];
  test('search', () => {
    expect(filterSettings(list, 'DEAD', false).map((one) => one.name)).toEqual(['lease_time']);
    expect(filterSettings(list, '', true).map((one) => one.name)).toEqual(['redis_address']);
  });
  test('groups', () => {
    expect(groupSettings(list).map(([group, of]) => [group, of.length])).toEqual([
      ['Redis', 2],
      ['g', 1],
    ]);
  });
  test('in another language, and in English what has no text', () => {
    const texts = { groups: { g: '组' }, help: { lease_time: '租期' } };
    const shown = (of: typeof texts | null) =>
      translateSettings(list, of).map((one) => [one.group, one.help, one.translated]);
    expect(shown(texts)).toEqual([
      ['Redis', '', false],
      ['组', '租期', true],
      ['Redis', '', false],
    ]);
    expect(shown(null)[1]).toEqual(['g', 'Until a connector is declared dead', false]);
  });
});

describe('certificates', () => {
  // openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -days 3650
  const pem = `-----BEGIN CERTIFICATE-----
MIIBdDCCARmgAwIBAgIUHnZfRxPBqVaqCRZQPxSworqn+z0wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjMxMDUyMzlaFw0zNjExMjAxMDUyMzla
MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR0RV8E
WJD38wrgQ4bRQSUY9VKBaV3LMcqRCfmk3RbXP4/cUsF4QQ6uLG7u1WX3ZpOAV/6O
ga/wom+iaDc4jyqHo1MwUTAdBgNVHQ4EFgQUxKMvjfSx1+JzR59XsZcZE2LBwiQw
HwYDVR0jBBgwFoAUxKMvjfSx1+JzR59XsZcZE2LBwiQwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNJADBGAiEAv4okhKiAMGemm18U/QtmQCplVomFep8v7/2g
fpGK1UYCIQDSJA/yh9KxQkkd7bwIry3N2Tt0CNBAVh0rMV5liU6zNA==
-----END CERTIFICATE-----`;
  test('end', () => expect(certificateExpiry(pem)?.toISOString()).toBe('2036-11-20T10:52:39.000Z'));
  test.each(['', 'x', pem.replace('MII', 'AAA'), pem.slice(0, 200)])('%.20s', (text) =>
    expect(certificateExpiry(text)).toBeNull(),
  );
});

test('devices that push providers were asked about', () => {
  const record = { id: '1' } as MessageRecord;
  expect(providerCounts(record)).toBeNull();
  const asked = { apnsCount: '3', apnsSuccessCount: '2', fcmCount: '4', fcmSuccessCount: '4' };
  expect(providerCounts({ ...record, ...asked })).toEqual({ sent: 7, good: 6 });
});

describe('push providers', () => {
  const apns = { name: 'a', type: 'apns' } as const;
  test.each([
    [apns, 'none', null],
    [{ ...apns, token_key_set: true, token_keyId: 'K1' }, 'token', null],
    [
      { ...apns, apns_env: 'dev', apns_dev_cert_set: true, apns_dev_cert_expires: 'D' },
      'certificate',
      'D',
    ],
    // The certificate of the other environment does not count.
    [{ ...apns, apns_dev_cert_set: true, apns_dev_cert_expires: 'D' }, 'none', null],
    [{ name: 'f', type: 'fcm', service_account_set: true } as const, 'account', null],
    [{ name: 'w', type: 'webpush', vapid_private_key_set: true } as const, 'pair', null],
    [{ name: 'w', type: 'webpush', vapid_private_key_set: false } as const, 'none', null],
  ])('%j', (entry, by, expires) => {
    expect(authorization(entry).by).toBe(by);
    expect(providerExpiry(entry)).toBe(expires);
  });

  test('files of the environment', () => {
    expect(providerFiles('apns', 'dev')).toEqual(['token_key', 'apns_dev_cert', 'apns_dev_key']);
    expect(providerFiles('webpush', 'dev')).toEqual([]);
  });

  test.each([
    ['2026-01-02T00:00:00Z', 1, 'busy'],
    ['2026-03-02T00:00:00Z', 60, 'good'],
    ['2025-12-31T23:00:00Z', -1, 'bad'],
  ])('%s', (expires, days, state) =>
    expect(daysLeft(expires, Date.parse('2026-01-01T00:00:00Z'))).toEqual({ days, state }),
  );

  test('a pair of keys for Web Push', async () => {
    const pair = await makeVapidPair();
    expect(pair?.privateKey).toMatch(/^[\w-]{43}$/);
    expect(pair?.publicKey).toMatch(/^B[\w-]{86}$/);
  });

  test('the project of a service account', () => {
    expect(projectOf('{"project_id":"shop"}')).toBe('shop');
    expect(projectOf('{"a":1}')).toBeNull();
    expect(projectOf('-----BEGIN')).toBeNull();
  });
});

describe('keys of tokens', () => {
  const keys: JwtKey[] = [
    { kid: '2026', alg: 'HS256', key_set: true },
    { alg: 'ES256', key: 'pem', key_set: true },
  ];

  test.each([
    ['2026', 'HS256', 'kid_taken'],
    ['2026', 'RS256', ''],
    ['', 'ES256', 'kid_taken'],
    ['', 'HS256', ''],
    ['钥'.repeat(34), 'HS256', 'kid_long'],
  ] as const)('kid %s for %s: "%s"', (kid, alg, problem) =>
    expect(kidProblem(keys, kid, alg)).toBe(problem),
  );

  test.each([
    ['HS256', 'x'.repeat(31), 'secret_short'],
    ['HS256', '钥'.repeat(11), ''],
    ['ES256', 'x'.repeat(40), 'pem_invalid'],
    ['RS256', '-----BEGIN PUBLIC KEY-----\nMIIB+/=\n-----END PUBLIC KEY-----\n', ''],
    ['RS256', '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----', 'pem_invalid'],
  ] as const)('%s %s: "%s"', (alg, key, problem) => expect(keyProblem(alg, key)).toBe(problem));

  test('what stays is sent without its secret', () => {
    const added = { alg: 'RS256', key: 'new' } as const;
    expect(keysChange(keys, added)).toEqual([
      { kid: '2026', alg: 'HS256' },
      { alg: 'ES256', key: 'pem' },
      added,
    ]);
    expect(keysChange([])).toEqual([]);
    expect(keys.map(keyName)).toEqual(['2026', 'ES256']);
  });
});
