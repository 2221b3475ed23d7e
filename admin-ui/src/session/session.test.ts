import { beforeEach, expect, test, vi } from 'vitest';

const SLOW = 30_000; // ms; the first test also translates what it imports

/** Answers of the server, given when the test wants. */
let answers: ((status: number) => void)[];

beforeEach(() => {
  answers = [];
  vi.resetModules();
  const stored = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  });
  vi.stubGlobal(
    'fetch',
    () =>
      new Promise((resolve) => {
        answers.push((status) => resolve(new Response('{}', { status })));
      }),
  );
});

async function loggedIn() {
  const module = await import('./session');
  const login = module.login('/shop', 'first');
  answers.pop()!(200);
  await login;
  return module;
}

test(
  'a password that is not right any more ends the session',
  async () => {
    const { expired, namespaceHttp, session } = await loggedIn();
    const asked = namespaceHttp('/shop').get('/report/online');
    answers.pop()!(401);
    await expect(asked).rejects.toMatchObject({ status: 401 });
    expect([session.value, expired.value]).toEqual([null, true]);
  },
  SLOW,
);

test(
  'a late answer to the password before it was changed does not',
  async () => {
    const { expired, namespaceHttp, renewPassword, session } = await loggedIn();
    const asked = namespaceHttp('/shop').get('/report/online');
    renewPassword('second');
    answers.pop()!(401);
    await expect(asked).rejects.toMatchObject({ status: 401 });
    expect([session.value?.password, expired.value]).toEqual(['second', false]);
  },
  SLOW,
);
