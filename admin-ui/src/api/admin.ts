// Endpoints of the administrator.

import { adminHttp } from '@/session/session';
import type {
  NamespaceChange,
  NamespaceWithCounts,
  Overview,
  PlatformCounts,
  Setting,
} from './types';

export interface NamespaceFilter {
  page: number;
  pageSize: number;
  key?: string;
  name?: string;
  offline?: 'on' | 'off' | 'all';
}

export const admin = {
  online: () => adminHttp().get<PlatformCounts>('/report/online'),

  namespaces: (filter: NamespaceFilter) =>
    adminHttp().get<{ list: NamespaceWithCounts[]; total: number }>('/namespace/list', {
      ...filter,
      online: 1,
    }),

  save: (change: NamespaceChange & { key: string }) => adminHttp().post('/namespace/save', change),

  clear: (key: string) => adminHttp().post(`/namespace/clear/${encodeURIComponent(key)}`),

  flush: (key: string) => adminHttp().post(`/namespace/flush/${encodeURIComponent(key)}`),

  clearRealtime: (namespace: string) =>
    adminHttp().post('/namespace/clear-realtime-data', { namespace }),

  /** The ids of the clients that were removed. */
  clearZombies: (namespace: string) =>
    adminHttp().post<string[]>('/clear-legacy-client', { namespace }),

  overview: () => adminHttp().get<Overview>('/overview'),

  settings: () => adminHttp().get<{ list: Setting[] }>('/settings'),
};
