// What the REST API takes and gives; docs/API.md is the reference.

export type Platform = 'web' | 'ios' | 'android';
export const PLATFORMS: readonly Platform[] = ['web', 'ios', 'android'];

/** A page of a list that is read with cursors. */
export interface CursorPage<T> {
  list: T[];
  cursor: string | null;
  /** ms since 1970 that the search has got back to, where it is not at its end. */
  searched?: number;
}

// ---- who is online -------------------------------------------------------------------------------

export interface PlatformCounts {
  userCount: number;
  roomCount: number;
  clientCount: number;
}

export interface OnlineCounts extends PlatformCounts {
  totalClientCount: number;
}

export interface RoomCounts {
  name: string;
  userCount: number;
  clientCount: number;
  totalClientCount: number;
  iosClientCount: number;
  totalIOSClientCount: number;
  androidClientCount: number;
  totalAndroidClientCount: number;
}

export interface RoomEntry {
  name: string;
  clientCount: number;
  userCount: number;
}

export interface UserEntry {
  userid: string;
  clientCount: number;
}

export interface ClientEntry {
  id: string;
  userid: string;
  uuid: string;
  platform: Platform;
  rooms: string[];
  connector: string;
  connect_time: number | string;
}

/** Only the fields that were set are there. Values are texts. */
export type ClientRecord = Record<string, string>;

// ---- namespaces ----------------------------------------------------------------------------------

export type ProviderType = 'apns' | 'fcm' | 'webpush';

/** Of secrets only whether they are set, of certificates also when they end (ISO 8601). */
export interface Provider {
  name: string;
  type: ProviderType;
  apns_env?: string;
  apns_expiration?: string | number;
  apns_topic?: string;
  apns_dev_cert_set?: boolean;
  apns_dev_cert_expires?: string;
  apns_dev_key_set?: boolean;
  apns_production_cert_set?: boolean;
  apns_production_cert_expires?: string;
  apns_production_key_set?: boolean;
  token_key_set?: boolean;
  token_keyId?: string;
  token_teamId?: string;
  service_account_set?: boolean;
  vapid_private_key_set?: boolean;
  vapid_public_key?: string;
  vapid_subject?: string;
}

export type JwtAlg = 'HS256' | 'RS256' | 'ES256';

/** A secret is not shown, a public key is. */
export interface JwtKey {
  kid?: string;
  alg: JwtAlg;
  key?: string;
  key_set: boolean;
}
export type JwtKeyChange = Omit<JwtKey, 'key_set'>;

export interface Namespace {
  key: string;
  name: string | null;
  connect_callback: string | null;
  disconnect_callback: string | null;
  callback_auth: string | null;
  push_providers: Provider[] | null;
  update_date: string | null;
  client_ip: string | null;
  offline: string | null;
  connect_auth: 'jwt' | null;
  jwt_keys: JwtKey[] | null;
  /** Days; 0: for ever; null: as the setting says. */
  archive_days?: number | null;
  auth_passwd_set: boolean;
  auth_passwd2_set?: boolean;
  callback_secret_set?: boolean;
  limit_clients: number;
  limit_rooms_per_client: number;
  limit_pushes_per_second: number;
  limit_bytes_per_second: number;
  use?: { clients?: number; pushes_per_second?: number };
}

export const LIMITS = [
  'limit_clients',
  'limit_rooms_per_client',
  'limit_pushes_per_second',
  'limit_bytes_per_second',
] as const;
export type Limit = (typeof LIMITS)[number];

export type NamespaceWithCounts = Namespace & Partial<OnlineCounts>;

/** What is not given stays as it is. */
export type NamespaceChange = Partial<{
  key: string;
  name: string;
  auth_passwd: string;
  auth_passwd2: string;
  connect_callback: string;
  disconnect_callback: string;
  callback_auth: string;
  callback_secret: string | null;
  offline: 'on' | 'off';
  connect_auth: 'jwt' | '';
  jwt_keys: JwtKeyChange[];
  archive_days: number | null;
  push_providers: (Record<string, unknown> & { name: string })[];
}> &
  Partial<Record<Limit, number>>;

// ---- messages ------------------------------------------------------------------------------------

/** Every value is text, as stored. */
export interface MessageRecord {
  id: string;
  namespace: string;
  room: string;
  /** JSON text, where it is for several. */
  rooms?: string;
  pushData: string;
  sendDate: string;
  expire?: string;
  onlineClientCount?: string;
  ackCount?: string;
  ackWebCount?: string;
  ackIOSCount?: string;
  ackAndroidCount?: string;
  onlineWebCount?: string;
  onlineIOSCount?: string;
  onlineAndroidCount?: string;
  except?: string;
  only?: string;
  from?: string;
  extra?: string;
  apnsName?: string;
  leaveMessage?: string;
  apnsCount?: string;
  apnsSuccessCount?: string;
  fcmCount?: string;
  fcmSuccessCount?: string;
  webpushCount?: string;
  webpushSuccessCount?: string;
  result?: string;
}

export interface MessageReport extends MessageRecord {
  ackWebDetail: string[];
  ackIOSDetail: string[];
  ackAndroidDetail: string[];
}

export interface PushRequest {
  room: string;
  pushData: unknown;
  expire?: number;
  leaveMessage?: boolean;
  apnsName?: string;
  except?: string;
  /** A client that alone gets it. */
  only?: string;
  extra?: string;
}

/** What has become of a message; which members there are depends on the event. */
export interface TimelineStep {
  /** ms; null where nobody has noted it. */
  time: number | null;
  event: string;
  room?: string;
  connector?: string;
  clients?: number;
  worker?: string;
  until?: string;
  provider?: string;
  answer?: string;
}

export interface CurrentMessageStat {
  currMinuteMessageCount: number;
  currHourMessageCount: number;
  currDateMessageCount: number;
}

export type StatStep = 'minute' | 'hour' | 'day';

export interface MessageStat {
  time: string;
  pushed: number;
  online: number;
  ack: number;
  ackWeb: number;
  ackIOS: number;
  ackAndroid: number;
}

/** What is looked for in the archive; times in ms. */
export type HistoryFilter = {
  room?: string;
  q?: string;
  from?: number;
  to?: number;
  leaveMessage?: 'true' | 'false';
  apnsName?: string;
};

/** A client came or went. */
export interface ClientEvent {
  time: number;
  client: string;
  user: string;
  platform: Platform;
  event: 'connect' | 'disconnect';
  /** Why it went. */
  reason: string | null;
}

export interface HistoryStat extends MessageStat {
  /** Devices that a push provider took a message over for. */
  offline: number;
}

export interface DeadCallback {
  eventId: string;
  clientId: string;
  userOffline: boolean;
  reason: string;
  attempts: number;
  date: number;
}

// ---- the platform --------------------------------------------------------------------------------

/** A connector or a worker, as it told of itself last. Times in ms. */
export interface Program {
  id: string;
  host: string;
  pid: number;
  version: string;
  state: 'starting' | 'serving' | 'stopping';
  age: number;
  uptime: number;
  /** It has not told of itself for too long. */
  stale: boolean;
  metrics_port: number;
}

export interface ConnectorState extends Program {
  owner: string;
  port: number;
  clients: number;
  sessions: number;
  connections: number;
  rooms: number;
  waiting: number;
  /** Since its start, as are the next two. */
  pushes: number;
  deliveries: number;
  acks: number;
  lag: number;
}

export interface RedisState {
  version: string;
  memory: number;
  memoryLimit: number;
  eviction: string;
  persistence: string;
  clients: number;
  uptime: number;
  ok: boolean;
}

export interface ArchiveState {
  state: 'ok' | 'off' | 'away' | 'no_worker';
  kind: 'off' | 'sqlite' | 'postgresql';
  /** Namespaces with messages that it does not have yet. */
  waiting: number;
  /** ms for which the first of these has waited. */
  lag: number;
  /** Messages whose counts are to be written. */
  changed: number;
  lost: number;
}

/** archived: messages written since its start, when it keeps the archive. */
export type WorkerState = Program & { archived?: number; archive_away?: boolean };

export interface Overview {
  version: string;
  connectors: ConnectorState[];
  workers: WorkerState[];
  redis: RedisState;
  queues: Record<string, number>;
  totals: { namespaces: number; clients: number; users: number; rooms: number };
  archive: ArchiveState;
}

export interface Setting {
  name: string;
  group: string;
  /** Of a secret one only whether it is set. */
  value: string | boolean;
  default: string;
  origin: 'default' | 'file' | 'environment' | 'command line';
  secret: boolean;
  reload: boolean;
  help: string;
}

export const TOKEN_SCOPES = ['push', 'read', 'all'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** Without what it is: that was shown once. */
export interface ApiToken {
  id: string;
  name: string;
  scope: TokenScope;
  /** ms */
  create_time: number;
  last_used_time: number | null;
}
