'use strict';
// Lines to a tree of blocks, after the algorithm in the appendix of the CommonMark specification. Raw HTML is no block
// here: it is text of a paragraph and will be escaped.

const { readDefinition } = require('./references');

/** Containers inside containers; markers beyond this depth are text. */
const DEPTH_MAX = 100;

const ATX = /^(#{1,6})(?:[ \t]+|$)/;
const FENCE = /^(?:`{3,}(?=[^`]*$)|~{3,})/;
const SETEXT = /^(?:=+|-+)[ \t]*$/;
const THEMATIC = /^(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/;
const BULLET = /^[*+-]/;
const NUMBER = /^([0-9]{1,9})([.)])/;

class Block {
    constructor(type, parent, line) {
        this.type = type;
        this.line = line;
        this.parent = parent;
        this.depth = parent ? parent.depth + 1 : 0;
        this.children = [];
        this.lines = [];
        this.isOpen = true;
        this.lastLineBlank = false;
    }

    get lastChild() {
        return this.children.at(-1);
    }

    holds(type) {
        if (this.type === 'list') return type === 'item';
        return (this.type === 'document' || this.type === 'quote' || this.type === 'item') && type !== 'item';
    }

    get holdsLines() {
        return this.type === 'paragraph' || this.type === 'code';
    }
}

class BlockParser {
    constructor() {
        this.document = new Block('document', null, 0);
        this.tip = this.document;
        this.lineNumber = 0;
        this.definitions = new Map();
    }

    parse(text) {
        const lines = text.replaceAll('\0', '\uFFFD').split(/\r\n|\n|\r/);
        if (lines.at(-1) === '') lines.pop();
        for (const line of lines) this.readLine(line);
        while (this.tip) this.close(this.tip);
        return this.document;
    }

    // MARK: Place in the line, counted in characters and, because of tabs, in columns

    begin(line) {
        this.line = line;
        this.offset = 0;
        this.column = 0;
        this.isInsideTab = false;
        this.allClosed = true;
        this.isLineDone = false;
        this.lineNumber += 1;
        this.look();
    }

    look() {
        let index = this.offset;
        let column = this.column;
        for (; index < this.line.length; index += 1) {
            if (this.line[index] === ' ') column += 1;
            else if (this.line[index] === '\t') column += 4 - (column % 4);
            else break;
        }
        this.textOffset = index;
        this.textColumn = column;
        this.indent = column - this.column;
        this.isBlank = index === this.line.length;
    }

    advance(count, byColumns) {
        let left = count;
        while (left > 0 && this.offset < this.line.length) {
            if (this.line[this.offset] === '\t') {
                const width = 4 - (this.column % 4);
                const taken = byColumns ? Math.min(width, left) : width;
                this.isInsideTab = byColumns && width > left;
                this.column += taken;
                if (!this.isInsideTab) this.offset += 1;
                left -= byColumns ? taken : 1;
            } else {
                this.isInsideTab = false;
                this.offset += 1;
                this.column += 1;
                left -= 1;
            }
        }
        this.look();
    }

    advanceToText() {
        this.offset = this.textOffset;
        this.column = this.textColumn;
        this.isInsideTab = false;
        this.look();
    }

    get rest() {
        return this.line.slice(this.textOffset);
    }

    isSpace(index) {
        return this.line[index] === ' ' || this.line[index] === '\t';
    }

    // MARK: Tree

    close(block) {
        block.isOpen = false;
        if (block.type === 'paragraph') this.takeDefinitions(block);
        if (block.type === 'list') block.isTight = isTight(block);
        if (block.type === 'code' && !block.fence) {
            while (block.lines.length > 0 && /^[ \t]*$/.test(block.lines.at(-1))) block.lines.pop();
        }
        this.tip = block.parent;
    }

    /** Definitions of links at the start of a paragraph are no text; a paragraph of nothing else disappears. */
    takeDefinitions(paragraph) {
        let text = paragraph.lines.join('\n');
        let definition;
        while (text.startsWith('[') && (definition = readDefinition(text))) {
            if (!this.definitions.has(definition.label)) this.definitions.set(definition.label, definition);
            text = text.slice(definition.end);
        }
        paragraph.text = text.trimEnd();
        if (paragraph.text === '' && paragraph.parent) {
            paragraph.parent.children.pop();
        }
    }

    closeUnmatched() {
        if (this.allClosed) return;
        while (this.oldTip !== this.lastMatched) {
            const { parent } = this.oldTip;
            this.close(this.oldTip);
            this.oldTip = parent;
        }
        this.allClosed = true;
    }

    add(type) {
        while (!this.tip.holds(type)) this.close(this.tip);
        const block = new Block(type, this.tip, this.lineNumber);
        this.tip.children.push(block);
        this.tip = block;
        return block;
    }

    // MARK: One line

    readLine(line) {
        this.oldTip = this.tip;
        this.begin(line);
        let container = this.document;
        while (container.lastChild?.isOpen) {
            const child = container.lastChild;
            const outcome = this.continues(child);
            if (outcome === 'closed') return;
            if (outcome === false) break;
            container = child;
        }
        this.allClosed = container === this.oldTip;
        this.lastMatched = container;
        if (container.type !== 'code') container = this.startBlocks(container);
        this.addText(container);
    }

    /** Whether an open block goes on in this line; eats its marker. */
    continues(block) {
        switch (block.type) {
        case 'list':
            return true;
        case 'quote':
            if (this.indent > 3 || this.line[this.textOffset] !== '>') return false;
            this.advanceToText();
            this.advance(1, false);
            if (this.isSpace(this.offset)) this.advance(1, true);
            return true;
        case 'item':
            if (this.isBlank) {
                if (block.children.length === 0) return false;
                this.advanceToText();
                return true;
            }
            if (this.indent < block.contentIndent) return false;
            this.advance(block.contentIndent, true);
            return true;
        case 'code':
            return block.fence ? this.continuesFence(block) : this.continuesIndented();
        case 'paragraph':
            return !this.isBlank;
        default:
            return false;
        }
    }

    continuesFence(block) {
        if (this.indent <= 3) {
            const closing = /^(`{3,}|~{3,})[ \t]*$/.exec(this.rest);
            if (closing && closing[1][0] === block.fence[0] && closing[1].length >= block.fence.length) {
                this.closeInner(block);
                return 'closed';
            }
        }
        for (let left = block.fenceIndent; left > 0 && this.isSpace(this.offset); left -= 1) this.advance(1, true);
        return true;
    }

    closeInner(block) {
        while (this.tip !== block) this.close(this.tip);
        this.close(block);
    }

    continuesIndented() {
        if (this.indent >= 4) this.advance(4, true);
        else if (this.isBlank) this.advanceToText();
        else return false;
        return true;
    }

    /** Opens what starts in this line; returns the innermost block. */
    startBlocks(start) {
        let container = start;
        for (;;) {
            if (this.indent >= 4) {
                if (this.tip.type === 'paragraph' || this.isBlank) return container;
                this.advance(4, true);
                this.closeUnmatched();
                return this.add('code');
            }
            const opened = this.startContainer(container);
            if (!opened) return this.startLeaf(container) ?? container;
            container = opened;
        }
    }

    startContainer(container) {
        if (container.depth >= DEPTH_MAX) return undefined;
        if (this.line[this.textOffset] === '>') {
            this.advanceToText();
            this.advance(1, false);
            if (this.isSpace(this.offset)) this.advance(1, true);
            this.closeUnmatched();
            return this.add('quote');
        }
        if (THEMATIC.test(this.rest)) return undefined;
        return this.startItem(container);
    }

    startItem(container) {
        const bullet = BULLET.exec(this.rest);
        const number = bullet ? null : NUMBER.exec(this.rest);
        const marker = (bullet ?? number)?.[0];
        if (marker === undefined) return undefined;
        const behind = this.textOffset + marker.length;
        if (behind < this.line.length && !this.isSpace(behind)) return undefined;
        const isEmpty = this.line.slice(behind).trim() === '';
        if (container.type === 'paragraph' && (isEmpty || (number && Number(number[1]) !== 1))) return undefined;

        const markerIndent = this.indent;
        this.advanceToText();
        this.advance(marker.length, true);
        const contentIndent = markerIndent + marker.length + this.skipMarkerSpace(isEmpty);
        this.closeUnmatched();
        const kind = bullet ? bullet[0] : number[2];
        if (this.tip.type !== 'list' || this.tip.kind !== kind) {
            const list = this.add('list');
            list.kind = kind;
            list.start = number ? Number(number[1]) : undefined;
        }
        const item = this.add('item');
        item.contentIndent = contentIndent;
        return item;
    }

    /** How many columns of white space belong to the marker: one to four, or one in front of code or of nothing. */
    skipMarkerSpace(isEmpty) {
        const { offset, column, isInsideTab } = this;
        const width = this.indent;
        if (!isEmpty && width >= 1 && width <= 4) {
            this.advance(width, true);
            return width;
        }
        Object.assign(this, { offset, column, isInsideTab });
        if (this.isSpace(this.offset)) this.advance(1, true);
        return 1;
    }

    startLeaf(container) {
        const { rest } = this;
        const atx = ATX.exec(rest);
        if (atx) {
            this.closeUnmatched();
            const heading = this.add('heading');
            heading.level = atx[1].length;
            heading.text = rest.slice(atx[0].length).replace(/(?:^|(?<=[ \t]))#+[ \t]*$/, '').trim();
            return this.finishLine(heading);
        }
        const fence = FENCE.exec(rest);
        if (fence) {
            this.closeUnmatched();
            const code = this.add('code');
            code.fence = fence[0];
            code.fenceIndent = this.indent;
            code.info = rest.slice(fence[0].length).trim();
            return this.finishLine(code);
        }
        if (container.type === 'paragraph' && SETEXT.test(rest)) {
            this.closeUnmatched();
            const heading = this.underline(container, rest[0] === '=' ? 1 : 2);
            if (heading) return heading;
        }
        if (THEMATIC.test(rest)) {
            this.closeUnmatched();
            return this.finishLine(this.add('break'));
        }
        return undefined;
    }

    /** The paragraph before an underline becomes a heading, unless it held only definitions. */
    underline(paragraph, level) {
        this.takeDefinitions(paragraph);
        if (paragraph.text === '') {
            paragraph.parent.children.push(paragraph);
            paragraph.lines = [];
            return undefined;
        }
        paragraph.type = 'heading';
        paragraph.level = level;
        return this.finishLine(paragraph);
    }

    finishLine(block) {
        this.isLineDone = true;
        return block;
    }

    addText(container) {
        if (!this.allClosed && !this.isBlank && this.tip.type === 'paragraph') {
            this.tip.lines.push(this.rest);
            return;
        }
        this.closeUnmatched();
        if (this.isBlank && container.lastChild) container.lastChild.lastLineBlank = true;
        this.noteBlankLine(container);
        if (this.isLineDone) return;
        if (container.holdsLines) {
            container.lines.push(container.type === 'code' ? this.codeLine() : this.rest);
        } else if (!this.isBlank) {
            this.add('paragraph').lines.push(this.rest);
        }
    }

    /** Blank lines between items make a list loose; those inside quotes and fences, or behind a bare marker, do not. */
    noteBlankLine(container) {
        const isNoted = this.isBlank && container.type !== 'quote' && !container.fence
            && !(container.type === 'item' && container.children.length === 0 && container.line === this.lineNumber);
        container.lastLineBlank = isNoted;
        for (let block = container.parent; block; block = block.parent) block.lastLineBlank = false;
    }

    codeLine() {
        if (!this.isInsideTab) return this.line.slice(this.offset);
        return ' '.repeat(4 - (this.column % 4)) + this.line.slice(this.offset + 1);
    }
}

function isTight(list) {
    return list.children.every((item, index) => {
        const isLast = index === list.children.length - 1;
        if (!isLast && endsBlank(item)) return false;
        return item.children.every((child, place) =>
            (isLast && place === item.children.length - 1) || !endsBlank(child));
    });
}

function endsBlank(block) {
    let inner = block;
    while (inner && !inner.lastLineBlank) {
        if (inner.type !== 'list' && inner.type !== 'item') return false;
        inner = inner.lastChild;
    }
    return inner !== undefined;
}

module.exports = { BlockParser };
