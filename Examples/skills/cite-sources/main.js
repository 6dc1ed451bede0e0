'use strict';
// cite-sources: sentences as one text with numbered references.

/** Answers `/cite`; see README.md for the fields of the payload and of the answer. */
function handler(endpoint, payload) {
    const sources = new Map(payload.sources.map((source) => [source.id, source]));
    const numbers = new Map();
    const parts = payload.sentences.map(({ source, text }) => {
        if (!sources.has(source)) throw new Error(`there is no source ${JSON.stringify(source)}`);
        if (!numbers.has(source)) numbers.set(source, numbers.size + 1);
        return `${text.trim()} [${numbers.get(source)}]`;
    });
    const references = [...numbers].map(([id, number]) => reference(number, sources.get(id)));
    return { text: parts.join(' '), references };
}

function reference(number, { id, title, url }) {
    const name = (title || id).replace(/\.$/, '');
    return `[${number}] ${name}.${url ? ` ${url}` : ''}`;
}

module.exports = { handler };
