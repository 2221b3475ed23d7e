// docs/openapi.yaml, and whether a request and its answer are as it says.

import { readFileSync } from "node:fs";

import Ajv from "ajv/dist/2020.js";
import { parse } from "yaml";

export const api = parse(readFileSync(new URL("../../../docs/openapi.yaml", import.meta.url), "utf8"));

const METHODS = ["get", "post", "put", "patch", "delete"];
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
ajv.addVocabulary(["openapi", "info", "servers", "tags", "paths", "components"]);
ajv.addSchema(api, "api");

// Every operation: { method, path, segments, op, parameters }.
export const operations = Object.entries(api.paths).flatMap(([path, item]) =>
	METHODS.filter((method) => item[method]).map((method) => ({
		method,
		path,
		segments: path.split("/"),
		op: item[method],
		parameters: [...item.parameters ?? [], ...item[method].parameters ?? []].map(resolve),
	})));

function resolve(part) {
	if (!part?.$ref)
		return part;
	return part.$ref.slice(2).split("/").reduce((at, name) => at[name], api);
}

const compiled = new Map();

// What is wrong with value by a schema of the file; nothing: an empty text.
function mismatch(schema, value) {
	let validate = compiled.get(schema);
	if (!validate) {
		const text = JSON.stringify(schema).replaceAll("\"$ref\":\"#/", "\"$ref\":\"api#/");
		validate = ajv.compile(JSON.parse(text));
		compiled.set(schema, validate);
	}
	return validate(value) ? "" : ajv.errorsText(validate.errors, { dataVar: "" });
}

// The operation that a request is for. One with fewer variable segments goes first. What the
// administrator asks in the name of a namespace is what the namespace itself may ask.
function find(method, asked) {
	const as = asked[2] === "admin" && asked[3] === "as";
	const segments = as ? ["", "api", "auth", ...asked.slice(5)] : asked;
	const wanted = method === "HEAD" ? "get" : method.toLowerCase();
	const fits = operations.filter((one) => one.method === wanted &&
		one.segments.length === segments.length &&
		one.segments.every((name, i) => name.startsWith("{") || name === segments[i]));
	return fits.sort((a, b) => a.path.split("{").length - b.path.split("{").length)[0];
}

function queryFaults(parameters, search) {
	const given = new URLSearchParams(search);
	const faults = [];
	for (const name of new Set(given.keys())) {
		const parameter = parameters.find((one) => one.in === "query" &&
			(one.name === name || one.name === name.replace(/\[\d*\]$/, "")));
		if (!parameter) {
			faults.push(`query parameter ${name} is not described`);
			continue;
		}
		const schema = resolve(parameter.schema);
		const value = schema.type === "array" ? given.getAll(name) : given.get(name);
		const wrong = mismatch(schema, value);
		if (wrong)
			faults.push(`query parameter ${name}: ${wrong}`);
	}
	for (const { name } of parameters.filter((one) => one.in === "query" && one.required)) {
		if (!given.has(name))
			faults.push(`query parameter ${name} is required, yet missing one was accepted`);
	}
	return faults;
}

// Only a request that was accepted must be as described: tests send wrong ones on purpose.
function requestFaults(found, url, { headers, body }) {
	const faults = queryFaults(found.parameters, url.search);
	const type = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1];
	if (found.method === "get" || body === undefined || body === "" || !/json/.test(type))
		return faults;
	const described = resolve(found.op.requestBody)?.content?.["application/json"];
	const value = JSON.parse(body);
	const wrong = described ? mismatch(described.schema, value) : "no body is described";
	return wrong ? [...faults, `request body: ${wrong}`] : faults;
}

function answerFaults(found, { status, headers, text, json }) {
	const described = resolve(found.op.responses[status]);
	if (!described)
		return [`status ${status} is not described`];
	const types = Object.keys(described.content ?? {});
	if (types.length === 0)
		return text === "" ? [] : [`status ${status} has no body by the description`];
	const given = headers["content-type"]?.split(";")[0];
	const type = types.includes(given) ? given : types[0];
	const content = described.content[type];
	const faults = given === type ? [] : [`content-type ${headers["content-type"]}, not ${types.join(" or ")}`];
	const wrong = mismatch(content.schema, type === "application/json" ? json : text);
	return wrong ? [...faults, `answer ${status}: ${wrong}`] : faults;
}

// What an unknown path (404) or method (405) is answered.
function strayFaults(status, json) {
	const expected = { 404: "not_found", 405: "method_not_allowed" }[status];
	if (!expected || json?.error !== expected)
		return ["neither path nor method is described"];
	const wrong = mismatch(api.components.schemas.Error, json);
	return wrong ? [wrong] : [];
}

// All that is wrong, as an array of texts. sent: { headers, body: text or undefined }; got: {
// status, headers, text, json }.
export function faults(method, path, sent, got) {
	const head = method === "HEAD";
	const url = new URL(path, "http://api");
	// what does not come from our programs is the web server's: not for this file to describe
	if (got.headers.from !== "light-push" && got.status >= 400)
		return [];
	if (method === "OPTIONS")
		return [200, 204].includes(got.status) && got.text === "" ? [] : ["OPTIONS has an answer"];
	const found = find(method, url.pathname.replace(/(?<=.)\/$/, "").split("/"));
	if (!found)
		return strayFaults(got.status, got.json);
	const wrong = head ? [] : answerFaults(found, got);
	return got.status < 300 ? [...wrong, ...requestFaults(found, url, sent)] : wrong;
}
