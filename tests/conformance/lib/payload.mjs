// Bodies of long polling: packets <-> bytes. A packet is a string, type digit first, or a Buffer: a
// binary message.

// Protocol 4: packets with \x1e between them, binary as b + base64.
export function encode4(packets) {
	return packets.map((p) => (typeof p === "string" ? p : `b${p.toString("base64")}`)).join("\x1e");
}

export function decode4(text) {
	return text.split("\x1e").map((p) => (p[0] === "b" ? Buffer.from(p.slice(1), "base64") : p));
}

// Protocol 3, text: length in UTF-16 units, ":", packet; binary as b4 + base64.
export function encode3(packets) {
	return packets
		.map((p) => (typeof p === "string" ? p : `b4${p.toString("base64")}`))
		.map((p) => `${p.length}:${p}`)
		.join("");
}

export function decode3(text) {
	const packets = [];
	for (let at = 0; at < text.length; ) {
		const colon = text.indexOf(":", at);
		const digits = text.slice(at, colon);
		const end = colon + 1 + Number(digits);
		if (colon < 0 || !/^[1-9]\d*$/.test(digits) || end > text.length)
			throw new Error(`expected packets with their lengths, got ${JSON.stringify(text)}`);
		const packet = text.slice(colon + 1, end);
		packets.push(packet.startsWith("b4") ? Buffer.from(packet.slice(2), "base64") : packet);
		at = end;
	}
	return packets;
}

// Protocol 3, binary: kind, length as bytes 0-9, ff, data; a binary packet begins with its type.
export function frame3(packet) {
	const binary = typeof packet !== "string";
	const data = binary ? Buffer.concat([Buffer.from([4]), packet]) : Buffer.from(packet);
	return Buffer.concat([
		Buffer.from([binary ? 1 : 0, ...String(data.length).split("").map(Number), 0xff]),
		data,
	]);
}

export function unframe3(bytes) {
	const packets = [];
	for (let at = 0; at < bytes.length; ) {
		const kind = bytes[at];
		const mark = bytes.indexOf(0xff, at);
		const digits = [...bytes.subarray(at + 1, mark)];
		const end = mark + 1 + Number(digits.join(""));
		if (kind > 1 || mark < 0 || digits.some((d) => d > 9) || end > bytes.length)
			throw new Error(`expected framed packets, got ${bytes.toString("hex")}`);
		const data = bytes.subarray(mark + 1, end);
		packets.push(kind === 0 ? data.toString() : Buffer.from(data.subarray(1)));
		at = end;
	}
	return packets;
}
