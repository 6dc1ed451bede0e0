'use strict';
// The tree of blocks to HTML, and the outline of its headings.

const { escapeHTML, unescapeText } = require('./escape');
const { renderInlines } = require('./inlines');

class Renderer {
    constructor(definitions) {
        this.definitions = definitions;
        this.parts = [];
        this.outline = [];
    }

    /** Blocks stand on lines of their own. */
    line(html) {
        const last = this.parts.at(-1);
        if (last !== undefined && !last.endsWith('\n')) this.parts.push('\n');
        this.parts.push(html);
    }

    children(block) {
        for (const child of block.children) this.block(child);
    }

    enclosed(tag, attributes, block) {
        this.line(`<${tag}${attributes}>\n`);
        this.children(block);
        this.line(`</${tag}>\n`);
    }

    block(block) {
        switch (block.type) {
        case 'document': return this.children(block);
        case 'quote': return this.enclosed('blockquote', '', block);
        case 'list': return this.list(block);
        case 'item': return this.item(block);
        case 'heading': return this.heading(block);
        case 'code': return this.code(block);
        case 'break': return this.line('<hr />\n');
        default: return this.paragraph(block);
        }
    }

    list(block) {
        if (block.start === undefined) this.enclosed('ul', '', block);
        else this.enclosed('ol', block.start === 1 ? '' : ` start="${block.start}"`, block);
    }

    item(block) {
        this.line('<li>');
        this.children(block);
        this.parts.push('</li>\n');
    }

    heading(block) {
        const { html, plain } = renderInlines(block.text, this.definitions);
        this.outline.push({ level: block.level, text: plain });
        this.line(`<h${block.level}>${html}</h${block.level}>\n`);
    }

    paragraph(block) {
        const { html } = renderInlines(block.text, this.definitions);
        const list = block.parent.type === 'item' ? block.parent.parent : undefined;
        if (list?.isTight) {
            if (!this.parts.at(-1).endsWith('<li>')) this.line('');
            this.parts.push(html);
        } else {
            this.line(`<p>${html}</p>\n`);
        }
    }

    code(block) {
        const language = block.info ? unescapeText(block.info.split(/[ \t]/, 1)[0]) : '';
        const attribute = language === '' ? '' : ` class="language-${escapeHTML(language)}"`;
        const text = block.lines.map((line) => `${line}\n`).join('');
        this.line(`<pre><code${attribute}>${escapeHTML(text)}</code></pre>\n`);
    }
}

function render(document, definitions) {
    const renderer = new Renderer(definitions);
    renderer.block(document);
    return { html: renderer.parts.join(''), outline: renderer.outline };
}

module.exports = { render };
