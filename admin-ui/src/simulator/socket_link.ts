// A connection by the official client of socket.io 4.

import { io } from 'socket.io-client';
import type { Link, OpenLink, Transport } from './link';

const TRANSPORTS: Record<Transport, string[]> = {
  websocket: ['websocket'],
  polling: ['polling'],
  upgrade: ['polling', 'websocket'],
};

/** For one namespace, through the web server that this page came from. */
export function socketLinks(namespace: string, origin: string = location.origin): OpenLink {
  return (identity, transport): Link => {
    const socket = io(origin + namespace, {
      path: '/push/socket.io/',
      auth: { ...identity },
      transports: TRANSPORTS[transport],
      forceNew: true,
      autoConnect: false,
      // The simulated client decides itself when it comes back.
      reconnection: false,
    });
    return {
      on: (event, handler) => socket.on(event, handler as (...args: unknown[]) => void),
      emit: (event, ...args) => void socket.emit(event, ...args),
      connect: () => void socket.connect(),
      disconnect: () => void socket.disconnect(),
      cut: () => void socket.io.engine?.close(),
    };
  };
}
