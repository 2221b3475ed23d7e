// Rounds in turn: each side does the same thing in each of them, so that what else goes on on the
// machine meets all alike, and the ratio within a round holds.
import { median } from './lib.mjs';
import { Crowd } from './sides.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// One crowd a side.
export function crowds(bench, sides, args = []) {
  return sides.map((side) => new Crowd(side, bench.tools, args));
}

// Until a server does no more than heartbeats: of thousands of clients they never cease.
export async function settle(side) {
  for (let before = side.cpu(), quiet = 0, tries = 0; quiet < 2 && tries < 30; tries++) {
    await sleep(100);
    const now = side.cpu();
    quiet = now - before < 5e6 ? quiet + 1 : 0;
    before = now;
  }
}

// Sends `messages` together, `times` times over, to the crowd. CPU of the server per delivery (µs),
// and deliveries per second from the call of the API to the last client.
export async function deliver(crowd, messages, times) {
  const { side } = crowd;
  const before = side.cpu();
  let waited = 0;
  for (let i = 0; i < times; i++) {
    const begin = Number(process.hrtime.bigint()) / 1e9;
    await side.send(messages);
    waited += (await crowd.arrival(messages)) - begin;
  }
  // The last client has it; let the server return to its wait before reading the account.
  await sleep(20);
  const deliveries = messages * times * crowd.clients;
  return { cpu: (side.cpu() - before) / 1000 / deliveries, rate: deliveries / waited };
}

// All crowds in turn, `rounds` times: for each the figures of its rounds, by name of the figure.
export async function inTurn(bench, crowdList, rounds, label, fn) {
  const all = crowdList.map(() => ({}));
  for (let round = 0; round < rounds; round++) {
    for (const [i, crowd] of crowdList.entries()) {
      bench.progress(`${label}: round ${round + 1} of ${rounds}, ${crowd.side.name}`);
      for (const [name, value] of Object.entries(await fn(crowd, round))) (all[i][name] ??= []).push(value);
    }
  }
  return all;
}

// Median of the ratios within the rounds.
export const ratio = (a, b) => median(a.map((value, i) => value / b[i]));
