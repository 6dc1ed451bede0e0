'use strict';
// markdown-html: CommonMark to HTML that is safe to show.

const { BlockParser } = require('./lib/blocks');
const { render } = require('./lib/render');

/** Answers `/convert`; see README.md for the fields of the payload and of the answer. */
function handler(endpoint, payload) {
    const parser = new BlockParser();
    const { html, outline } = render(parser.parse(payload.markdown), parser.definitions);
    return { html, outline };
}

module.exports = { handler };
