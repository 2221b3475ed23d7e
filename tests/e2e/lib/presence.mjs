// Everything that Redis says of who is online where, and what it should say.

import { keyspace } from "./keyspace.mjs";

const numberOf = (owner) => Number(owner.split(".")[0]); // of the connector

const sorted = (list) => [...list].sort();
const sortedEntries = (map) => Object.fromEntries(sorted(map.keys()).map((key) => [key, map.get(key)]));

// What Redis has, as expectedPresence() tells it. extra: what must not be there.
export async function storedPresence(stack, namespace) {
	const found = { clients: {}, users: {}, rooms: {}, joined: {}, members: {}, usersOf: {}, routes: {},
		nodes: {}, extra: [] };
	const keys = await keyspace(stack, namespace);
	for (const key of sorted(Object.keys(keys))) {
		const value = keys[key];
		const [kind, ...rest] = key.split(":");
		if (key === "clients") {
			for (const id of sorted(Object.keys(value)))
				found.clients[id] = numberOf(value[id]);
		} else if (key === "users" || key === "rooms") {
			for (const name of sorted(Object.keys(value)))
				found[key][name] = Number(value[name]);
		} else if (kind === "joined") {
			found.joined[rest.join(":")] = value;
		} else if (kind === "room" && rest[1] === "on") {
			found.members[`${rest[0]} ${rest[2]}`] = value;
		} else if (kind === "room" && rest[1] === "users") {
			found.usersOf[rest[0]] = Object.fromEntries(sorted(Object.keys(value))
				.map((user) => [user, Number(value[user])]));
		} else if (kind === "route") {
			found.routes[rest[0]] = sorted(Object.keys(value).map(numberOf));
		} else if (kind === "node") {
			if (found.nodes[numberOf(rest[0])])
				found.extra.push(key);
			found.nodes[numberOf(rest[0])] = value;
		}
	}
	for (const [key, ids] of [["queries", Object.keys(keys.queries ?? {})], ["geo", Object.keys(keys.geo ?? {})]])
		found.extra.push(...ids.filter((id) => !found.clients[id]).map((id) => `${key} ${id}`));
	return found;
}

// online: [{ id, identity, connector, rooms }], rooms with the user's own.
export function expectedPresence(online) {
	const maps = { clients: new Map(), users: new Map(), rooms: new Map(), joined: new Map(),
		members: new Map(), usersOf: new Map(), routes: new Map(), nodes: new Map() };
	const add = (map, key, value) => map.set(key, [...new Set([...(map.get(key) ?? []), value])]);
	const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
	for (const { id, identity: { userid, platform }, connector, rooms } of online) {
		maps.clients.set(id, connector);
		count(maps.users, userid);
		const named = [...rooms].filter((room) => room !== `user_${userid}`);
		if (named.length)
			maps.joined.set(id, sorted(named));
		add(maps.nodes, connector, id);
		for (const room of rooms) {
			add(maps.members, `${room} ${platform}`, id);
			add(maps.routes, room, connector);
			if (room === `user_${userid}`)
				continue;
			count(maps.rooms, room);
			if (!maps.usersOf.has(room))
				maps.usersOf.set(room, new Map());
			count(maps.usersOf.get(room), userid);
		}
	}
	const lists = ["members", "routes", "nodes"];
	const out = { extra: [] };
	for (const [name, map] of Object.entries(maps)) {
		for (const [key, value] of map) {
			if (lists.includes(name))
				map.set(key, sorted(value));
			else if (name === "usersOf")
				map.set(key, sortedEntries(value));
		}
		out[name] = sortedEntries(map);
	}
	return out;
}
