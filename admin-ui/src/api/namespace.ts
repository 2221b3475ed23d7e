// Endpoints of one namespace.

import { namespaceHttp } from '@/session/session';
import type {
  ApiToken,
  ClientEntry,
  ClientEvent,
  ClientRecord,
  CurrentMessageStat,
  CursorPage,
  DeadCallback,
  HistoryFilter,
  HistoryStat,
  MessageRecord,
  MessageReport,
  MessageStat,
  Namespace,
  NamespaceChange,
  OnlineCounts,
  PushRequest,
  RoomCounts,
  RoomEntry,
  StatStep,
  TimelineStep,
  TokenScope,
  UserEntry,
} from './types';

export type ClientFilter = { room?: string; user?: string; q?: string };
/** q: part of the name. */
export type ListFilter = { q?: string; cursor?: string; size?: number };
export type KickTarget = { id: string } | { userid: string } | { room: string };

export class NamespaceApi {
  constructor(readonly key: string) {}

  private get http() {
    return namespaceHttp(this.key);
  }

  settings = () => this.http.get<Namespace>('/namespace');

  save = (change: NamespaceChange) => this.http.post('/namespace/save', change);

  online = () => this.http.get<OnlineCounts>('/report/online');

  roomCounts = (rooms: readonly string[]) =>
    this.http.get<RoomCounts[]>('/report/online', { room: rooms });

  rooms = (filter: ListFilter = {}) =>
    this.http.get<CursorPage<RoomEntry>>('/rooms', { size: 50, ...filter });

  users = (filter: ListFilter = {}) =>
    this.http.get<CursorPage<UserEntry>>('/users', { size: 50, ...filter });

  clients = (filter: ClientFilter, cursor?: string, size = 50) =>
    this.http.get<CursorPage<ClientEntry>>('/clients', { ...filter, cursor, size });

  client = (id: string) => this.http.post<ClientRecord>('/client', { id });

  kick = (target: KickTarget, reason: string, retryAfter: number) =>
    this.http.post<{ disconnected: number }>('/client/disconnect', {
      ...target,
      reason: reason || undefined,
      retry_after: retryAfter || undefined,
    });

  push = (message: PushRequest) => this.http.post<{ id: number }>('/push', message);

  message = (id: string, ackDetail = false) =>
    this.http.get<MessageReport>(`/report/push/${id}`, { ackDetail: ackDetail ? 1 : undefined });

  timeline = (id: string, client?: string) =>
    this.http.get<{ list: TimelineStep[] }>(`/report/push/${id}/timeline`, { client });

  messages = (page = 1, size = 50) =>
    this.http.get<MessageRecord[]>('/report/push', { page, size });

  currentStat = () => this.http.get<CurrentMessageStat>('/namespace/current-message-stat');

  messageStat = (from: Date, to: Date, by: StatStep) =>
    this.http.get<{ list: MessageStat[] }>('/namespace/message-stat', {
      from: from.toISOString(),
      to: to.toISOString(),
      by,
    });

  history = (filter: HistoryFilter, cursor?: string, size = 20) =>
    this.http.page<MessageRecord>('/history', { ...filter, cursor, size });

  historyStat = (from: Date, to: Date, by: Exclude<StatStep, 'minute'>) =>
    this.http.get<{ list: HistoryStat[] }>('/history/stat', {
      from: from.toISOString(),
      to: to.toISOString(),
      by,
    });

  clientEvents = (filter: { client: string }, cursor?: string, size = 10) =>
    this.http.page<ClientEvent>('/history/clients', { ...filter, cursor, size });

  historyFile = (filter: HistoryFilter, format: 'ndjson' | 'csv') =>
    this.http.download('/history/export', { ...filter, format });

  deadCallbacks = (page: number, size: number) =>
    this.http.get<{ list: DeadCallback[]; total: number }>('/namespace/dead-callbacks', {
      page,
      size,
    });

  replayCallback = (eventId?: string) =>
    this.http.post<{ count: number }>('/namespace/dead-callbacks/replay', { eventId });

  tokens = () => this.http.get<{ list: ApiToken[] }>('/token');

  newToken = (name: string, scope: TokenScope) =>
    this.http.post<{ id: string; token: string }>('/token', { name, scope });

  revokeToken = (id: string) => this.http.post('/token/revoke', { id });
}
