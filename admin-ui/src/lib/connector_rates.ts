// Connectors count since their start. What all of them do per second comes from the growth of each,
// so that one that starts or ends in between does not make the sum jump.

import type { Overview } from '@/api/types';
import type { Point } from './ring';

export type Counter = 'pushes' | 'deliveries' | 'acks';

function growth(before: Overview, after: Overview, counter: Counter): number {
  const known = new Map(before.connectors.map((one) => [one.owner, one[counter]]));
  let sum = 0;
  for (const one of after.connectors) {
    const was = known.get(one.owner);
    if (was !== undefined && one[counter] > was) sum += one[counter] - was;
  }
  return sum;
}

/**
 * Per second, averaged over `span` readings: connectors tell of themselves every 2 s, so two
 * readings may see none or two of their reports.
 */
export function connectorRates(
  points: readonly Point<Overview>[],
  counter: Counter,
  span = 3,
): [number, number][] {
  const sums = [0];
  for (let i = 1; i < points.length; i++)
    sums.push(sums[i - 1]! + growth(points[i - 1]!.values, points[i]!.values, counter));
  const rates: [number, number][] = [];
  for (let i = 1; i < points.length; i++) {
    const from = Math.max(0, i - span);
    const seconds = (points[i]!.time - points[from]!.time) / 1000;
    if (seconds > 0) rates.push([points[i]!.time, (sums[i]! - sums[from]!) / seconds]);
  }
  return rates;
}
