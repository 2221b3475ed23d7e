// Counters that are read again and again, kept as lines.

import { shallowRef, watch, type ShallowRef } from 'vue';
import type { Line } from './chart_option';
import { Ring, type Point } from './ring';

/** A quarter of an hour at one reading every 2 s. */
const KEPT = 450;

/** Every new value of `data` becomes a point. */
export function useHistory<T>(data: ShallowRef<T | null>): ShallowRef<Point<T>[]> {
  const ring = new Ring<T>(KEPT);
  const points = shallowRef<Point<T>[]>([]);
  watch(
    data,
    (value) => {
      if (value === null) return;
      ring.push(Date.now(), value);
      points.value = ring.all();
    },
    { immediate: true },
  );
  return points;
}

export function lineOf<T>(
  name: string,
  points: readonly Point<T>[],
  value: (of: T) => number,
): Line {
  return { name, data: points.map((point) => [point.time, value(point.values)]) };
}
