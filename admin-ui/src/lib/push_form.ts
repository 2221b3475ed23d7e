// From what is filled in on the push page to the body of POST …/push.

import type { PushRequest } from '@/api/types';
import { isName } from '@/simulator/identity';
import { parseClientId } from './client_id';
import { isPushData, readJson } from './json_input';

export type PushTarget = 'room' | 'user' | 'client';
export const TARGETS: readonly PushTarget[] = ['room', 'user', 'client'];

export interface PushForm {
  target: PushTarget;
  /** A room, a user id or a client id. */
  name: string;
  data: string;
  /** Hours; 0: as the server's setting says. */
  expire: number;
  leaveMessage: boolean;
  apnsName: string;
  /** Client id that does not get it. */
  except: string;
  lost: boolean;
}

export function emptyForm(): PushForm {
  return {
    target: 'room',
    name: '',
    data: '{\n  "title": "Hello",\n  "text": "First message"\n}',
    expire: 0,
    leaveMessage: false,
    apnsName: '',
    except: '',
    lost: false,
  };
}

/** The room that a message to this target goes to; empty: there is no such client. */
function roomOf(form: Pick<PushForm, 'target' | 'name'>, namespace: string): string {
  if (form.target === 'room') return form.name;
  const userid =
    form.target === 'user' ? form.name : (parseClientId(form.name, namespace)?.userid ?? '');
  return userid && `user_${userid}`;
}

/** The body, or the name of the text that says what is wrong. */
export function pushRequest(
  form: PushForm,
  namespace: string,
): { request: PushRequest } | { problem: string } {
  const room = roomOf(form, namespace);
  if (form.name === '') return { problem: `push.no_${form.target}` };
  if (!isName(room))
    return { problem: form.target === 'client' ? 'push.client_invalid' : 'push.name_invalid' };
  const read = readJson(form.data);
  if (!read.ok) return { problem: read.empty ? 'push.data_empty' : 'push.data_wrong' };
  if (!isPushData(read.value)) return { problem: 'push.data_object' };
  const request: PushRequest = { room, pushData: read.value };
  if (form.expire > 0) request.expire = form.expire;
  if (form.leaveMessage) request.leaveMessage = true;
  if (form.apnsName) request.apnsName = form.apnsName;
  if (form.target === 'client') request.only = form.name;
  else if (form.except) request.except = form.except;
  if (form.lost) request.extra = 'lost';
  return { request };
}

/** Messages to begin with. */
export const TEMPLATES: Record<string, unknown> = {
  notice: { title: 'Hello', text: 'First message' },
  chat: { type: 'chat', from: 'alice', text: 'Are you there?' },
  order: { type: 'order', orderId: 'A-1001', state: 'shipped', items: [{ sku: 'tea', count: 2 }] },
  apns: {
    type: 'notice',
    text: 'Your order is on its way',
    apsData: { alert: 'Your order is on its way', badge: 1, sound: 'default' },
  },
};
