'use strict';
// The parts of links that blocks and inlines both read: labels, destinations, titles.

const { unescapeText } = require('./escape');

// Bounds keep a long text of unfinished links from being read over and over.
const LABEL = /\[((?:[^\\[\]]|\\[^]){0,999})\]/y;
const POINTED_DESTINATION = /<((?:[^<>\n\\]|\\.){0,2000})>/y;
const TITLE = /"((?:[^"\\]|\\[^]){0,2000})"|'((?:[^'\\]|\\[^]){0,2000})'|\(((?:[^()\\]|\\[^]){0,2000})\)/y;
const DESTINATION_MAX = 2000;
const PARENTHESES_MAX = 32;

function match(pattern, text, position) {
    pattern.lastIndex = position;
    return pattern.exec(text);
}

/** `[label]` at `position`: its text and where it ends. */
function readLabel(text, position) {
    const found = match(LABEL, text, position);
    return found && found[1].length <= 999 ? { label: found[1], end: LABEL.lastIndex } : undefined;
}

/** How labels are compared: without regard to case and to runs of white space. */
function normalise(label) {
    return label.trim().replace(/\s+/g, ' ').toLowerCase().toUpperCase();
}

function readDestination(text, position) {
    if (text[position] === '<') {
        const found = match(POINTED_DESTINATION, text, position);
        return found ? { address: unescapeText(found[1]), end: POINTED_DESTINATION.lastIndex } : undefined;
    }
    let depth = 0;
    let end = position;
    for (; end < text.length && end - position < DESTINATION_MAX; end += 1) {
        const character = text[end];
        if (character <= ' ' || character === '\x7F') break;
        if (character === '\\' && /[!-/:-@[-`{-~]/.test(text[end + 1] ?? '')) {
            end += 1;
        } else if (character === '(') {
            depth += 1;
            if (depth > PARENTHESES_MAX) return undefined;
        } else if (character === ')') {
            if (depth === 0) break;
            depth -= 1;
        }
    }
    if (depth !== 0) return undefined;
    return { address: unescapeText(text.slice(position, end)), end };
}

function readTitle(text, position) {
    const found = match(TITLE, text, position);
    return found ? { title: unescapeText(found[1] ?? found[2] ?? found[3]), end: TITLE.lastIndex } : undefined;
}

/** Skips spaces and at most one line end. */
function skipSpace(text, position) {
    return match(/[ \t]*(?:\n[ \t]*)?/y, text, position)[0].length + position;
}

/** Where the line ends when nothing but spaces is left of it. */
function lineEnd(text, position) {
    const found = match(/[ \t]*(?:\n|$)/y, text, position);
    return found ? position + found[0].length : undefined;
}

/** A definition `[label]: address "title"` at the start of a paragraph. */
function readDefinition(text) {
    const label = readLabel(text, 0);
    if (!label || text[label.end] !== ':' || normalise(label.label) === '') return undefined;
    const start = skipSpace(text, label.end + 1);
    const destination = readDestination(text, start);
    if (!destination || destination.end === start) return undefined;
    const titleStart = skipSpace(text, destination.end);
    const title = titleStart > destination.end ? readTitle(text, titleStart) : undefined;
    const titled = title && lineEnd(text, title.end);
    if (titled !== undefined) {
        return { label: normalise(label.label), address: destination.address, title: title.title, end: titled };
    }
    const end = lineEnd(text, destination.end);
    return end === undefined ? undefined : { label: normalise(label.label), address: destination.address, end };
}

module.exports = { readLabel, normalise, readDestination, readTitle, skipSpace, readDefinition };
