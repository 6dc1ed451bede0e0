// Runs one handler of a Node skill: `node runner.cjs main.js:handler`; or of a skill that is not known yet:
// `runner.cjs --parked`, to which descriptor 3 tells, when it is known, which.
//
// The working directory is the skill's directory (/skill in a sandbox). The request, one JSON object
// `{"endpoint", "payload", "context"}`, comes on standard input; `handler(endpoint, payload, context)` answers; its
// result goes to standard output as one JSON value. What the handler logs or writes to process.stdout goes to
// standard error.
//
// Exit status: 0 answered, 1 the skill threw or never answered, 64 wrong use of this program, 65 the request is not
// what it should be, 74 the response could not be written, 76 the result has no JSON form, 78 there is no such handler.
//
// CommonJS on purpose: an ES module as the main file makes Node's start a fifth longer. Skills may be either.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const Module = require('node:module');
const { pathToFileURL } = require('node:url');

const FAILED = 1, USAGE = 64, BAD_REQUEST = 65, BAD_OUTPUT = 74, BAD_RESULT = 76, NO_HANDLER = 78;

/** The run cannot go on: an exit status and a sentence for the log. */
class Refusal extends Error {
    constructor(status, sentence) {
        super(sentence);
        this.status = status;
    }
}

// MARK: The request and response pipes

/** Node has no dup2, so what writes to standard output by name is led to standard error instead. */
function takeStandardOutput() {
    Object.defineProperty(process, 'stdout', { configurable: true, enumerable: true, get: () => process.stderr });
}

/** Repeats a call on a descriptor that somebody made non-blocking. */
function patiently(operation) {
    for (;;) {
        try {
            return operation();
        } catch (error) {
            if (error.code !== 'EAGAIN') throw error;
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        }
    }
}

/** All bytes that come through a descriptor, until the writer closes its end. */
function readAll(descriptor) {
    const parts = [];
    const buffer = Buffer.allocUnsafe(1 << 16);
    for (;;) {
        const count = patiently(() => {
            try {
                return fs.readSync(descriptor, buffer, 0, buffer.length, null);
            } catch (error) {
                if (error.code === 'EOF') return 0;
                throw error;
            }
        });
        if (count === 0) return Buffer.concat(parts);
        parts.push(Buffer.from(buffer.subarray(0, count)));
    }
}

function readRequest() {
    return readAll(0).toString('utf8');
}

function writeResponse(text) {
    const data = Buffer.from(text, 'utf8');
    try {
        for (let offset = 0; offset < data.length;) {
            offset += patiently(() => fs.writeSync(1, data, offset));
        }
    } catch (error) {
        throw new Refusal(BAD_OUTPUT, `the response could not be written: ${error.message}`);
    }
}

// MARK: Waiting for the skill

const PARKED_ORDER = 3;

/**
 * The entry point, once there is a skill at /skill; with the variables of its run. Comes as texts ended by NUL:
 * `ARGUMENTS VARIABLES`, a program, the arguments, the variables as `NAME=VALUE`.
 */
function awaitOrder() {
    const order = readAll(PARKED_ORDER).toString('utf8');
    fs.closeSync(PARKED_ORDER);
    // Whoever parked us is gone.
    if (order === '') leave(0);
    const [counts, , ...texts] = order.split('\0');
    const [argumentCount, variableCount] = counts.split(' ').map(Number);
    for (const name of Object.keys(process.env)) delete process.env[name];
    for (const variable of texts.slice(argumentCount, argumentCount + variableCount)) {
        const separator = variable.indexOf('=');
        process.env[variable.slice(0, separator)] = variable.slice(separator + 1);
    }
    // It was an empty directory when this process began in it.
    process.chdir('/skill');
    return texts[argumentCount - 1];
}

// MARK: Loading the skill

/** `require` finds the package's own node_modules and nothing that the host has installed globally. */
function keepRequireInside(root) {
    const lookup = Module._resolveLookupPaths;
    Module._resolveLookupPaths = function (request, parent) {
        const paths = lookup.call(this, request, parent);
        return paths && paths.filter((each) => isInside(root, path.resolve(each)));
    };
}

function isInside(root, file) {
    return file === root || file.startsWith(root.endsWith('/') ? root : `${root}/`);
}

/** Whether Node takes the file as an ES module: by its ending, or by the nearest package.json. */
function isESModule(file, root) {
    if (!file.endsWith('.js')) return file.endsWith('.mjs');
    for (let folder = path.dirname(file); isInside(root, folder); folder = path.dirname(folder)) {
        const manifest = path.join(folder, 'package.json');
        if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
        if (folder === path.dirname(folder)) break;
    }
    return false;
}

/** Imports the file of an entry point such as `main.js:handler` and returns the function it names. */
async function load(entry, root) {
    const match = /^(.+\.(?:js|mjs|cjs)):([\p{L}_$][\p{L}\p{N}_$]*)$/u.exec(entry);
    if (!match) throw new Refusal(USAGE, `the entry point '${entry}' is not of the form FILE.js:FUNCTION`);
    const [, name, functionName] = match;
    const file = path.resolve(root, name);
    if (path.isAbsolute(name) || path.normalize(name).startsWith('..') || !fs.existsSync(file)) {
        throw new Refusal(NO_HANDLER, `the file ${name} of the entry point ${entry} is not in the package`);
    }
    keepRequireInside(root);
    const module = isESModule(file, root) ? await import(pathToFileURL(file).href) : require(file);
    const handler = module?.[functionName] ?? module?.default?.[functionName];
    if (handler === undefined || handler === null) {
        throw new Refusal(NO_HANDLER, `${name} exports no function ${functionName}; the entry point is ${entry}`);
    }
    if (typeof handler !== 'function') {
        throw new Refusal(NO_HANDLER, `${functionName} in ${name} is not a function but ${kindOf(handler)}`);
    }
    return handler;
}

// MARK: One request

/** The three arguments of the handler. */
function parse(text) {
    let request;
    try {
        request = JSON.parse(text);
    } catch (error) {
        throw new Refusal(BAD_REQUEST, `the request is not JSON: ${error.message}`);
    }
    if (request === null || typeof request !== 'object' || typeof request.endpoint !== 'string'
        || request.payload === undefined) {
        throw new Refusal(BAD_REQUEST, 'the request is not an object with the fields endpoint, payload and context');
    }
    return [request.endpoint, request.payload, request.context ?? {}];
}

/** The JSON text of a result. JSON.stringify alone would turn NaN into null and a Map into {} without a word. */
function encode(result) {
    const places = new Map();
    function check(key, value) {
        const holder = places.get(this);
        const place = holder === undefined ? 'result' : Array.isArray(this) ? `${holder}[${key}]` : `${holder}.${key}`;
        const reason = fault(value);
        if (reason) throw new Refusal(BAD_RESULT, `${place} is ${reason}`);
        if (value !== null && typeof value === 'object') places.set(value, place);
        return value;
    }
    let text;
    try {
        text = JSON.stringify(result, check);
    } catch (error) {
        if (error instanceof Refusal) throw error;
        if (error instanceof RangeError) throw new Refusal(BAD_RESULT, 'the result is nested too deeply for JSON');
        if (!/circular/.test(error.message)) throw error;
        throw new Refusal(BAD_RESULT, 'the result contains itself, which JSON cannot express');
    }
    if (text === undefined) {
        throw new Refusal(BAD_RESULT, 'the handler returned undefined; return null when there is nothing to say');
    }
    return text;
}

/** Why a value has no JSON form, or nothing. A property that is undefined is left out, as everywhere in JavaScript. */
function fault(value) {
    switch (typeof value) {
    case 'number':
        return Number.isFinite(value) ? undefined : `${value}, which JSON cannot express; return null or a string`;
    case 'bigint':
        return 'a BigInt, which has no JSON form; return a number or a string';
    case 'function':
    case 'symbol':
        return `a ${typeof value}, which has no JSON form`;
    case 'string':
        return /\p{Surrogate}/u.test(value)
            ? 'a string with half of a surrogate pair, which UTF-8 cannot carry' : undefined;
    case 'object':
        return value instanceof Map || value instanceof Set || value instanceof WeakMap || value instanceof WeakSet
            || value instanceof Promise ? `${kindOf(value)}, which has no JSON form; return plain objects and arrays`
            : undefined;
    default:
        return undefined;
    }
}

function kindOf(value) {
    const name = (typeof value === 'object' && value.constructor?.name) || typeof value;
    return (/^[aeiou]/i.test(name) ? 'an ' : 'a ') + name;
}

// MARK: What went wrong

/** Writes what the skill threw to standard error, with the frames of the skill only. */
function report(error, root) {
    process.stderr.write(`${describe(error, root, new Set())}\n`);
}

function describe(error, root, seen) {
    if (!(error instanceof Error)) return `thrown: ${require('node:util').inspect(error, { depth: 1 })}`;
    if (seen.has(error)) return `${error.message} (see above)`;
    seen.add(error);
    const lines = String(error.stack ?? error).split('\n');
    const kept = lines.filter((line) => !/^\s+at /.test(line) || line.includes(`${root}/`));
    const inner = [...(error.errors ?? []), ...(error.cause === undefined ? [] : [error.cause])];
    return [kept.join('\n'), ...inner.map((each) => `caused by: ${describe(each, root, seen)}`)].join('\n');
}

function leave(status) {
    process.removeAllListeners('exit');
    process.exit(status);
}

function fail(error, root) {
    if (error instanceof Refusal) {
        process.stderr.write(`${error.message}\n`);
        leave(error.status);
    }
    // Only Node itself knows the place of a syntax error in an ES module, and tells it when nobody catches the error.
    if (error instanceof SyntaxError && !String(error.stack).includes(`${root}/`)) {
        process.removeAllListeners();
        setImmediate(() => { throw error; });
        return;
    }
    report(error, root);
    leave(FAILED);
}

/** A run that ends without an answer must not look like a success. */
function watchForSilence(root) {
    process.on('uncaughtException', (error) => fail(error, root));
    process.on('exit', (status) => {
        process.stderr.write(`the skill called process.exit(${status}) instead of returning a result\n`);
        process.exitCode = FAILED;
    });
    process.on('beforeExit', () => {
        process.stderr.write('the promise of the skill was never settled: nothing was left to wait for\n');
        leave(FAILED);
    });
}

async function main() {
    const parked = process.argv[2] === '--parked';
    const root = parked ? '/skill' : process.cwd();
    watchForSilence(root);
    try {
        if (process.argv.length !== 3) {
            throw new Refusal(USAGE, 'usage: runner.cjs FILE.js:FUNCTION, or runner.cjs --parked');
        }
        takeStandardOutput();
        // A skill that is started ahead waits after this, in its first read, with its handler loaded.
        const handler = await load(parked ? awaitOrder() : process.argv[2], root);
        const request = parse(readRequest());
        writeResponse(encode(await handler(...request)));
    } catch (error) {
        return fail(error, root);
    }
    return leave(0);
}

main();
