'use strict';
// The text of a paragraph or heading to HTML: CommonMark's inline rules without raw HTML.
//
// The output is a flat list of pieces {html, plain}; emphasis and links only add tags to pieces that are already there,
// so neither depth nor length of a text makes it recursive.

const { escapeHTML, readEntity, safeURL } = require('./escape');
const { readLabel, normalise, readDestination, readTitle, skipSpace } = require('./references');

const PLAIN = /[^\n`\\!<&[\]*_]+/y;
const AUTOLINK = /<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>\x00-\x1F]{0,2000})>/y;
const MAIL = /<([a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,200}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?){0,20})>/y;
const PUNCTUATION = /[\p{P}\p{S}]/u;

class InlineParser {
    constructor(text, definitions) {
        this.text = text;
        this.definitions = definitions;
        this.position = 0;
        this.pieces = [];
        this.lastDelimiter = null;
        this.lastBracket = null;
        this.inactiveDepth = 0;
        this.backticks = undefined;
    }

    parse() {
        while (this.position < this.text.length) this.next();
        this.resolveEmphasis(null);
        return this.pieces;
    }

    add(plain, html = escapeHTML(plain)) {
        const piece = { plain, html };
        this.pieces.push(piece);
        return piece;
    }

    match(pattern) {
        pattern.lastIndex = this.position;
        const found = pattern.exec(this.text);
        if (found) this.position = pattern.lastIndex;
        return found;
    }

    next() {
        const plain = this.match(PLAIN);
        if (plain) {
            this.add(plain[0]);
            return;
        }
        const character = this.text[this.position];
        switch (character) {
        case '\n': return this.lineBreak();
        case '\\': return this.backslash();
        case '`': return this.codeSpan();
        case '*':
        case '_': return this.delimiterRun(character);
        case '[': return this.openBracket('[');
        case ']': return this.closeBracket();
        case '<': return this.autolink();
        case '&': return this.entity();
        default:
            if (this.text[this.position + 1] === '[') return this.openBracket('![');
            this.position += 1;
            return this.add(character);
        }
    }

    lineBreak() {
        this.position += 1;
        const last = this.pieces.at(-1);
        const spaces = last && !last.delimiter ? /(?<! ) *$/.exec(last.plain)[0].length : 0;
        if (spaces > 0 && !last.tag) {
            last.plain = last.plain.slice(0, -spaces);
            last.html = escapeHTML(last.plain);
        }
        this.add('\n', spaces >= 2 ? '<br />\n' : '\n').tag = true;
        this.match(/[ \t]+/y);
    }

    backslash() {
        this.position += 1;
        const character = this.text[this.position] ?? '';
        if (character === '\n') {
            this.position += 1;
            this.add('\n', '<br />\n').tag = true;
            this.match(/[ \t]+/y);
        } else if (/[!-/:-@[-`{-~]/.test(character)) {
            this.position += 1;
            this.add(character);
        } else {
            this.add('\\');
        }
    }

    codeSpan() {
        const run = this.match(/`+/y)[0];
        const end = this.closingBackticks(run.length);
        if (end === undefined) {
            this.add(run);
            return;
        }
        let code = this.text.slice(this.position, end).replace(/\n/g, ' ');
        if (code.startsWith(' ') && code.endsWith(' ') && /[^ ]/.test(code)) code = code.slice(1, -1);
        this.add(code, `<code>${escapeHTML(code)}</code>`).tag = true;
        this.position = end + run.length;
    }

    /** Where the next run of exactly so many backticks starts; all runs are found once. */
    closingBackticks(length) {
        if (!this.backticks) {
            this.backticks = new Map();
            for (const { 0: run, index } of this.text.matchAll(/`+/g)) {
                if (!this.backticks.has(run.length)) this.backticks.set(run.length, { at: 0, places: [] });
                this.backticks.get(run.length).places.push(index);
            }
        }
        const runs = this.backticks.get(length);
        if (!runs) return undefined;
        while (runs.at < runs.places.length && runs.places[runs.at] < this.position) runs.at += 1;
        return runs.places[runs.at];
    }

    autolink() {
        const link = this.match(AUTOLINK);
        const mail = link ? null : this.match(MAIL);
        if (link || mail) {
            const address = (link ?? mail)[1];
            const url = safeURL(link ? address : `mailto:${address}`);
            this.add(address, `<a href="${url}">${escapeHTML(address)}</a>`).tag = true;
        } else {
            this.position += 1;
            this.add('<');
        }
    }

    entity() {
        const entity = readEntity(this.text, this.position);
        this.position += entity ? entity.length : 1;
        this.add(entity ? entity.characters : '&');
        // A space that was written as a reference is not a space before a line end.
        this.pieces.at(-1).tag = true;
    }

    // MARK: Emphasis

    delimiterRun(character) {
        const start = this.position;
        const run = this.match(character === '*' ? /\*+/y : /_+/y)[0];
        const before = characterBefore(this.text, start);
        const after = characterAt(this.text, this.position);
        const spaceBefore = /\s/u.test(before), spaceAfter = /\s/u.test(after);
        const markBefore = PUNCTUATION.test(before), markAfter = PUNCTUATION.test(after);
        const left = !spaceAfter && (!markAfter || spaceBefore || markBefore);
        const right = !spaceBefore && (!markBefore || spaceAfter || markAfter);
        const piece = this.add(run);
        piece.delimiter = {
            piece, character, length: run.length, count: run.length, opening: '', closing: '',
            canOpen: character === '*' ? left : left && (!right || markBefore),
            canClose: character === '*' ? right : right && (!left || markAfter),
            start, previous: this.lastDelimiter, next: null,
        };
        if (this.lastDelimiter) this.lastDelimiter.next = piece.delimiter;
        this.lastDelimiter = piece.delimiter;
    }

    remove(delimiter) {
        if (delimiter.previous) delimiter.previous.next = delimiter.next;
        if (delimiter.next) delimiter.next.previous = delimiter.previous;
        else this.lastDelimiter = delimiter.previous;
    }

    /** Pairs the delimiters above `bottom` and takes them off the list. */
    resolveEmphasis(bottom) {
        const floors = new Map();
        let closer = this.lastDelimiter;
        while (closer && closer.previous !== bottom) closer = closer.previous;
        while (closer) {
            if (!closer.canClose) {
                closer = closer.next;
                continue;
            }
            const kind = `${closer.character}${closer.canOpen}${closer.length % 3}`;
            // Below the floor an earlier closer of this kind has looked in vain.
            const floor = floors.get(kind) ?? bottom?.start ?? -1;
            let opener = closer.previous;
            while (opener && opener.start > floor && !pairs(opener, closer)) opener = opener.previous;
            if (!opener || opener.start <= floor) {
                floors.set(kind, closer.previous?.start ?? floor);
                const next = closer.next;
                if (!closer.canOpen) this.remove(closer);
                closer = next;
                continue;
            }
            closer = this.pair(opener, closer);
        }
        while (this.lastDelimiter && this.lastDelimiter !== bottom) this.remove(this.lastDelimiter);
    }

    /** Emphasises what is between two delimiters; returns the next one that may close. */
    pair(opener, closer) {
        const strong = opener.count >= 2 && closer.count >= 2;
        const name = strong ? 'strong' : 'em';
        for (let between = closer.previous; between !== opener; between = between.previous) this.remove(between);
        opener.opening = `<${name}>${opener.opening}`;
        closer.closing += `</${name}>`;
        for (const delimiter of [opener, closer]) {
            delimiter.count -= strong ? 2 : 1;
            const { piece, character, count } = delimiter;
            piece.plain = character.repeat(count);
            piece.html = delimiter.closing + piece.plain + delimiter.opening;
        }
        if (opener.count === 0) this.remove(opener);
        if (closer.count > 0) return closer;
        this.remove(closer);
        return closer.next;
    }

    // MARK: Links and images

    openBracket(mark) {
        this.position += mark.length;
        this.add(mark);
        if (this.lastBracket) this.lastBracket.bracketAfter = true;
        this.lastBracket = {
            index: this.pieces.length - 1, isImage: mark === '![', start: this.position,
            depth: (this.lastBracket?.depth ?? 0) + 1, bracketAfter: false, delimiter: this.lastDelimiter,
            previous: this.lastBracket,
        };
    }

    closeBracket() {
        const end = this.position;
        this.position += 1;
        const opener = this.lastBracket;
        if (!opener) {
            this.add(']');
            return;
        }
        // Links do not hold links: brackets around one that is complete stay as they are written.
        const isActive = opener.isImage || opener.depth > this.inactiveDepth;
        const target = isActive ? this.inlineTarget() ?? this.referenceTarget(opener, end) : undefined;
        this.lastBracket = opener.previous;
        this.inactiveDepth = Math.min(this.inactiveDepth, opener.depth - 1);
        if (!target) {
            this.add(']');
            return;
        }
        this.resolveEmphasis(opener.delimiter);
        const title = target.title === undefined ? '' : ` title="${escapeHTML(target.title)}"`;
        const url = safeURL(target.address);
        if (opener.isImage) {
            const alternative = this.pieces.splice(opener.index).slice(1).map((piece) => piece.plain).join('');
            this.add(alternative, `<img src="${url}" alt="${escapeHTML(alternative)}"${title} />`).tag = true;
            return;
        }
        this.pieces[opener.index] = { plain: '', html: `<a href="${url}"${title}>`, tag: true };
        this.add('', '</a>').tag = true;
        this.inactiveDepth = opener.depth - 1;
    }

    /** `(address "title")` behind a bracket. */
    inlineTarget() {
        if (this.text[this.position] !== '(') return undefined;
        const start = skipSpace(this.text, this.position + 1);
        const destination = readDestination(this.text, start);
        if (!destination) return undefined;
        let end = skipSpace(this.text, destination.end);
        const title = end > destination.end ? readTitle(this.text, end) : undefined;
        if (title) end = skipSpace(this.text, title.end);
        if (this.text[end] !== ')') return undefined;
        this.position = end + 1;
        return { address: destination.address, title: title?.title };
    }

    /** `[label]` behind a bracket, or the bracket's own text as the label. */
    referenceTarget(opener, end) {
        const written = readLabel(this.text, this.position);
        let label = written?.label;
        if (label === undefined || label === '') {
            if (opener.bracketAfter || end - opener.start > 999) return undefined;
            label = this.text.slice(opener.start, end);
        }
        const target = this.definitions.get(normalise(label));
        if (target && written) this.position = written.end;
        return target;
    }
}

function pairs(opener, closer) {
    if (opener.character !== closer.character || !opener.canOpen) return false;
    const isOdd = (opener.canClose || closer.canOpen) && (opener.length + closer.length) % 3 === 0;
    return !isOdd || (opener.length % 3 === 0 && closer.length % 3 === 0);
}

function characterAt(text, position) {
    return position < text.length ? String.fromCodePoint(text.codePointAt(position)) : '\n';
}

function characterBefore(text, position) {
    if (position === 0) return '\n';
    const last = text[position - 1];
    return /[\uDC00-\uDFFF]/.test(last) && position > 1 ? text.slice(position - 2, position) : last;
}

/** The HTML and the plain text of one paragraph or heading. */
function renderInlines(text, definitions) {
    const pieces = new InlineParser(text, definitions).parse();
    return { html: pieces.map((piece) => piece.html).join(''), plain: pieces.map((piece) => piece.plain).join('') };
}

module.exports = { renderInlines };
