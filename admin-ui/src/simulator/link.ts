// What a simulated client needs of a connection. The page gives it socket.io, the tests a fake.

import type { Identity } from './identity';

export type Transport = 'websocket' | 'polling' | 'upgrade';

export interface Link {
  on(event: string, handler: (...args: never[]) => void): void;
  emit(event: string, ...args: unknown[]): void;
  connect(): void;
  /** Says goodbye. */
  disconnect(): void;
  /** Cuts the line without a goodbye, as a lost network does. */
  cut(): void;
}

export type OpenLink = (identity: Identity, transport: Transport) => Link;

/** Timers, so that tests have their own clock. */
export interface Timers {
  now(): number;
  after(ms: number, action: () => void): unknown;
  cancel(timer: unknown): void;
}

export const realTimers: Timers = {
  now: () => Date.now(),
  after: (ms, action) => setTimeout(action, ms),
  cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
};
