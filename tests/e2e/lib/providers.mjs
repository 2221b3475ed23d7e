// What Apple, Google and the browsers' push services look like from light-push: one HTTP/2 server
// with TLS that checks every request (signatures with jose, headers, payload, encryption) and
// answers as the test wrote down for that token.
//
//     APNs        POST /3/device/<token>
//     FCM         POST /v1/projects/<project>/messages:send, and its access tokens: POST /token
//     Web Push    POST /push/<name>

import { execFileSync } from "node:child_process";
import {
	createDecipheriv, createECDH, createPublicKey, generateKeyPairSync, hkdfSync, randomBytes,
} from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import http2 from "node:http2";
import path from "node:path";

import { importJWK, jwtVerify } from "jose";

// Makes, in dir, an authority, a server certificate by it, client certificates and keys; returns
// their texts and the path of the authority's certificate.
export function makeCredentials(dir) {
	mkdirSync(dir, { recursive: true });
	const at = (name) => path.join(dir, name);
	const openssl = (...args) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
	const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
	const signed = (name, subject, extra, ...when) => {
		openssl("req", "-new", ...ec, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", subject);
		writeFileSync(at(`${name}.ext`), extra);
		openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key",
			"-CAcreateserial", "-out", `${name}.crt`, "-extfile", `${name}.ext`, ...when);
	};
	openssl("req", "-x509", ...ec, "-keyout", "ca.key", "-out", "ca.crt", "-days", "30",
		"-subj", "/CN=test authority");
	signed("server", "/CN=127.0.0.1", "subjectAltName=IP:127.0.0.1,DNS:localhost\n", "-days", "30");
	signed("client", "/CN=Apple Push Services: com.example.app", "keyUsage=digitalSignature\n",
		"-days", "30");
	signed("other", "/CN=Apple Push Services: com.example.other", "keyUsage=digitalSignature\n",
		"-days", "30");
	openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "token.p8");
	openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "account.key");
	const read = (name) => readFileSync(at(name), "utf8");
	const vapid = createECDH("prime256v1");
	vapid.generateKeys();
	return {
		ca: at("ca.crt"),
		server: { key: read("server.key"), cert: read("server.crt"), ca: read("ca.crt") },
		client: { key: read("client.key"), cert: read("client.crt") },
		other: { key: read("other.key"), cert: read("other.crt") },
		tokenKey: read("token.p8"),
		secondKey: makeKey(),
		accountKey: read("account.key"),
		vapid: {
			privateKey: vapid.getPrivateKey("base64url"),
			publicKey: vapid.getPublicKey("base64url"),
		},
	};
}

// A client certificate by the authority in dir, from and until Dates: { cert, key }.
export function makeCertificate(dir, from, until) {
	const at = mkdtempSync(path.join(dir, "certificate-"));
	const openssl = (...args) => execFileSync("openssl", args, { cwd: at, stdio: "pipe" });
	const stamp = (date) => `${date.toISOString().replaceAll(/[-T:]|\.\d+/g, "")}`;
	writeFileSync(path.join(at, "index"), "");
	writeFileSync(path.join(at, "ca.conf"), `[ca]
default_ca = this
[this]
database = index
new_certs_dir = .
serial = serial
certificate = ../ca.crt
private_key = ../ca.key
default_md = sha256
policy = names
[names]
commonName = supplied
`);
	openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		"-keyout", "key", "-out", "csr", "-subj", "/CN=Apple Push Services: com.example.app");
	openssl("ca", "-batch", "-notext", "-config", "ca.conf", "-rand_serial", "-in", "csr", "-out", "cert",
		"-startdate", stamp(from), "-enddate", stamp(until));
	const read = (name) => readFileSync(path.join(at, name), "utf8");
	return { cert: read("cert"), key: read("key") };
}

// A key as Apple's .p8 files have it.
export function makeKey() {
	return generateKeyPairSync("ec", { namedCurve: "P-256" })
		.privateKey.export({ type: "pkcs8", format: "pem" });
}

// A browser's side of a subscription.
export class Browser {
	constructor(endpoint) {
		this.ecdh = createECDH("prime256v1");
		this.auth = randomBytes(16);
		this.subscription = {
			endpoint,
			expirationTime: null,
			keys: {
				p256dh: this.ecdh.generateKeys("base64url"),
				auth: this.auth.toString("base64url"),
			},
		};
	}

	// RFC 8291: the text in a body of one record.
	decrypt(body) {
		const salt = body.subarray(0, 16);
		const size = body.readUInt32BE(16);
		const sender = body.subarray(21, 21 + body[20]);
		const record = body.subarray(21 + body[20]);
		if (record.length > size)
			throw new Error("more than one record");
		const receiver = this.ecdh.getPublicKey();
		const secret = Buffer.from(hkdfSync("sha256", this.ecdh.computeSecret(sender), this.auth,
			Buffer.concat([Buffer.from("WebPush: info\0"), receiver, sender]), 32));
		const key = Buffer.from(hkdfSync("sha256", secret, salt, "Content-Encoding: aes128gcm\0", 16));
		const nonce = Buffer.from(hkdfSync("sha256", secret, salt, "Content-Encoding: nonce\0", 12));
		const decipher = createDecipheriv("aes-128-gcm", key, nonce);
		decipher.setAuthTag(record.subarray(-16));
		const text = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
		const end = text.lastIndexOf(2);
		if (end < 0 || text.subarray(end + 1).some((byte) => byte !== 0))
			throw new Error("no delimiter of a last record");
		return text.subarray(0, end).toString();
	}
}

// An entry of the ledger: { provider, token, status, headers, payload, problem?, session, id }.
export class Providers {
	constructor(credentials) {
		this.credentials = credentials;
		this.ledger = [];
		this.byToken = new Map(); // entries of the ledger
		this.problems = [];
		this.scripts = new Map();
		this.sessions = [];
		this.tokens = new Map(); // access tokens given out: project's account
		this.browsers = new Map();
		this.hanging = [];
		this.lifetime = 3600;
		this.onRequest = null;
		this.remember = null; // a Set: signatures that need not be checked again, for measurements
	}

	async listen() {
		const { server } = this.credentials;
		this.server = http2.createSecureServer({
			...server, requestCert: true, rejectUnauthorized: false,
			settings: { maxConcurrentStreams: 1000 },
		});
		this.server.on("session", (session) => {
			session.number = this.sessions.push(session);
			session.on("error", () => {});
		});
		this.server.on("sessionError", () => {});
		this.server.on("stream", (stream, headers) => this.take(stream, headers));
		await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
		this.origin = `https://127.0.0.1:${this.server.address().port}`;
		this.keys = {
			ABC123DEFG: await this.publicKey(this.credentials.tokenKey, "ES256"),
			SECOND1234: await this.publicKey(this.credentials.secondKey, "ES256"),
			account: await this.publicKey(this.credentials.accountKey, "RS256"),
			vapid: await this.vapidKey(),
		};
		return this;
	}

	publicKey(pem, alg) {
		return importJWK(createPublicKey(pem).export({ format: "jwk" }), alg);
	}

	vapidKey() {
		const point = Buffer.from(this.credentials.vapid.publicKey, "base64url");
		return importJWK({
			kty: "EC", crv: "P-256",
			x: point.subarray(1, 33).toString("base64url"),
			y: point.subarray(33).toString("base64url"),
		}, "ES256");
	}

	// Settings with which light-push finds it.
	get settings() {
		return {
			apns_address: this.origin,
			apns_sandbox_address: this.origin,
			fcm_address: this.origin,
			fcm_token_hosts: "127.0.0.1",
			webpush_hosts: this.origin.slice("https://".length),
			provider_ca_file: this.credentials.ca,
		};
	}

	// Entries of push_providers.
	get entries() {
		const { client, tokenKey, secondKey, vapid } = this.credentials;
		return {
			apns: {
				name: "default", apns_env: "production", apns_topic: "com.example.app",
				token_key: tokenKey, token_keyId: "ABC123DEFG", token_teamId: "DEF123GHIJ",
			},
			second: {
				name: "second", apns_env: "production", apns_topic: "com.example.app",
				token_key: secondKey, token_keyId: "SECOND1234", token_teamId: "DEF123GHIJ",
			},
			certificate: {
				name: "certificate", apns_env: "dev", apns_topic: "com.example.app",
				apns_dev_cert: client.cert, apns_dev_key: client.key,
			},
			fcm: { name: "google", type: "fcm", service_account: this.serviceAccount() },
			webpush: {
				name: "web", type: "webpush", vapid_private_key: vapid.privateKey,
				vapid_subject: "mailto:operator@example.org",
			},
		};
	}

	serviceAccount(more = {}) {
		return JSON.stringify({
			type: "service_account",
			project_id: "example-project",
			private_key_id: "0123456789abcdef",
			private_key: this.credentials.accountKey,
			client_email: "push@example-project.iam.gserviceaccount.com",
			client_id: "1",
			token_uri: `${this.origin}/token`,
			...more,
		});
	}

	browser(name) {
		const browser = new Browser(`${this.origin}/push/${name}`);
		this.browsers.set(name, browser);
		return browser;
	}

	// What is answered to the next requests for that token, in turn; the last one stays. Each is
	// { status, reason?, retryAfter? }, or one of { hang }, { reset }, { goaway }, { cut }: the last
	// ends the connection without a word. after: a promise to wait for. Access tokens are scripted
	// for the account's client_email, or for all with "token".
	script(token, ...answers) {
		this.scripts.set(token, answers);
	}

	next(token) {
		const answers = this.scripts.get(token);
		if (!answers)
			return {};
		return answers.length > 1 ? answers.shift() : answers[0];
	}

	async take(stream, headers) {
		stream.on("error", () => {});
		const { session } = stream; // later it may be gone
		const chunks = [];
		try {
			for await (const chunk of stream)
				chunks.push(chunk);
		} catch {
			return; // whoever asked is gone
		}
		const body = Buffer.concat(chunks);
		const url = new URL(headers[":path"], this.origin);
		const entry = { headers, session: session.number, at: Date.now() };
		try {
			if (headers[":method"] !== "POST")
				throw new Error(`method ${headers[":method"]}`);
			const [, first] = url.pathname.split("/");
			const check = { 3: this.apns, v1: this.fcm, push: this.webpush, token: this.token }[first];
			if (!check)
				throw new Error(`path ${url.pathname}`);
			await check.call(this, entry, url, headers, body, session);
		} catch (error) {
			entry.problem = `${url.pathname}: ${error.message}`;
			this.problems.push(entry.problem);
			entry.fault = { status: 400, reason: "BadRequest" };
		}
		this.ledger.push(entry);
		if (!this.byToken.has(entry.token))
			this.byToken.set(entry.token, []);
		this.byToken.get(entry.token).push(entry);
		this.onRequest?.(entry);
		const answer = entry.fault ?? this.next(this.scripts.has(entry.account) ? entry.account : entry.token);
		entry.answer = answer;
		if (answer.after)
			await answer.after;
		this.answer(stream, entry, answer);
	}

	answer(stream, entry, answer) {
		const session = stream.session;
		if (stream.destroyed || !session || stream.id > session.last)
			return;
		if (answer.hang) {
			this.hanging.push(stream);
		} else if (answer.reset) {
			stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
		} else if (answer.cut) {
			session.destroy();
		} else if (answer.goaway) {
			// As Apple does it: the last stream served is named. This one is not, nor is any later one.
			session.last = session.served ?? 0;
			session.goaway(http2.constants.NGHTTP2_NO_ERROR, session.last);
			stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
		} else {
			const headers = { ":status": answer.status ?? entry.good ?? 200 };
			if (answer.retryAfter)
				headers["retry-after"] = `${answer.retryAfter}`;
			if (entry.id)
				headers["apns-id"] = entry.id;
			entry.status = headers[":status"];
			session.served = Math.max(session.served ?? 0, stream.id);
			const text = entry.status === (entry.good ?? 200) ? entry.text ?? "" : this.error(entry, answer);
			stream.respond(headers, { endStream: text === "" });
			if (text !== "")
				stream.end(text);
		}
	}

	// The body of a refusal, as each provider writes it.
	error(entry, { status, reason }) {
		if (!reason)
			return "";
		if (entry.provider === "apns")
			return JSON.stringify({ reason, timestamp: status === 410 ? Date.now() : undefined });
		if (entry.provider === "token")
			return JSON.stringify({ error: reason, error_description: "as the test wanted" });
		return JSON.stringify({
			error: {
				code: status, message: "as the test wanted", status: "STATUS",
				details: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: reason }],
			},
		});
	}

	async apns(entry, url, headers, body, session) {
		entry.provider = "apns";
		entry.token = url.pathname.slice("/3/device/".length);
		entry.payload = JSON.parse(body.toString());
		entry.id = headers["apns-id"];
		must(body.length <= 4096, "payload too large");
		must(/^[0-9a-f-]{36}$/.test(entry.id), "apns-id");
		must(/^(alert|background)$/.test(headers["apns-push-type"]), "apns-push-type");
		must(headers["apns-priority"] === (headers["apns-push-type"] === "alert" ? "10" : "5"),
			"apns-priority");
		must(/^\d+$/.test(headers["apns-expiration"]), "apns-expiration");
		must(headers["apns-collapse-id"].length <= 64, "apns-collapse-id");
		must(headers["apns-topic"] === "com.example.app", "apns-topic");
		must(entry.payload.aps, "aps");
		if (this.remember?.has(headers.authorization)) {
			entry.by = "token";
		} else if (headers.authorization) {
			const { payload, protectedHeader } = await jwtVerify(
				bearer(headers, "bearer "), ({ kid }) => this.keys[kid],
				{ algorithms: ["ES256"], issuer: "DEF123GHIJ", maxTokenAge: "1h" });
			must(typeof payload.iat === "number", "iat");
			// As Apple does it: a connection belongs to the first key that is used on it.
			session.kid ??= protectedHeader.kid;
			if (session.kid !== protectedHeader.kid)
				entry.fault = { status: 403, reason: "UnrelatedKeyIdInToken" };
			entry.by = "token";
			this.remember?.add(headers.authorization);
		} else {
			const { subject } = session.socket.getPeerCertificate();
			must(session.socket.authorized, "a client certificate");
			entry.by = subject.CN;
		}
	}

	async token(entry, url, headers, body) {
		entry.provider = entry.token = "token";
		const form = new URLSearchParams(body.toString());
		must(form.get("grant_type") === "urn:ietf:params:oauth:grant-type:jwt-bearer", "grant_type");
		const { payload, protectedHeader } = await jwtVerify(form.get("assertion"), this.keys.account,
			{ algorithms: ["RS256"], audience: `${this.origin}/token`, maxTokenAge: "1h" });
		must(protectedHeader.kid === "0123456789abcdef", "kid");
		entry.account = payload.iss;
		must(payload.scope === "https://www.googleapis.com/auth/firebase.messaging", "scope");
		must(payload.exp - payload.iat === 3600, "exp");
		const token = `ya29.${randomBytes(30).toString("base64url")}`;
		this.tokens.set(token, payload.iss);
		entry.text = JSON.stringify({
			access_token: token, expires_in: this.lifetime, token_type: "Bearer",
		});
	}

	async fcm(entry, url, headers, body) {
		entry.provider = "fcm";
		must(url.pathname === "/v1/projects/example-project/messages:send", "path");
		const { message } = JSON.parse(body.toString());
		entry.payload = message;
		entry.token = message.token;
		for (const value of Object.values(message.data ?? {}))
			must(typeof value === "string", "data must be strings");
		must(/^\d+s$/.test(message.android.ttl), "ttl");
		entry.text = JSON.stringify({ name: `projects/example-project/messages/${this.ledger.length}` });
		if (!this.tokens.has(bearer(headers, "Bearer ")))
			entry.fault = { status: 401, reason: "UNAUTHENTICATED" };
	}

	async webpush(entry, url, headers, body) {
		entry.provider = "webpush";
		entry.good = 201;
		entry.token = url.pathname.slice("/push/".length);
		must(headers["content-encoding"] === "aes128gcm", "content-encoding");
		must(/^\d+$/.test(headers.ttl), "ttl");
		must(/^[\w-]{1,32}$/.test(headers.topic), "topic");
		must(/^(normal|high)$/.test(headers.urgency), "urgency");
		must(body.length <= 4096, "body too large");
		const [, jwt, key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(headers.authorization);
		must(key === this.credentials.vapid.publicKey, "k");
		const { payload } = await jwtVerify(jwt, this.keys.vapid,
			{ algorithms: ["ES256"], audience: this.origin, subject: "mailto:operator@example.org" });
		must(payload.exp <= Date.now() / 1000 + 24 * 3600, "exp");
		const browser = this.browsers.get(entry.token);
		entry.payload = browser && browser.decrypt(body);
	}

	// Requests for that token.
	requests(token) {
		return this.byToken.get(token) ?? [];
	}

	close() {
		for (const session of this.sessions)
			session.destroy();
		return new Promise((resolve) => this.server.close(resolve));
	}
}

function must(condition, what) {
	if (!condition)
		throw new Error(`wrong: ${what}`);
}

function bearer(headers, scheme) {
	must(headers.authorization?.startsWith(scheme), "authorization");
	return headers.authorization.slice(scheme.length);
}
