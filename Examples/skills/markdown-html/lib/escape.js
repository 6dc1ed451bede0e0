'use strict';
// What keeps the output safe: every text is escaped, every address is checked.

const SCHEMES = new Set(['http', 'https', 'mailto', 'tel']);

// The named references that people write by hand; any other stays as it is written.
const ENTITIES = {
    amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'', nbsp: '\u00A0', shy: '\u00AD', copy: '©', reg: '®', trade: '™',
    hellip: '…', mdash: '—', ndash: '–', lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„',
    laquo: '«', raquo: '»', lsaquo: '‹', rsaquo: '›', bull: '•', middot: '·', times: '×', divide: '÷', plusmn: '±',
    minus: '−', deg: '°', micro: 'µ', para: '¶', sect: '§', dagger: '†', Dagger: '‡', permil: '‰', frac12: '½',
    frac14: '¼', frac34: '¾', sup2: '²', sup3: '³', euro: '€', pound: '£', yen: '¥', cent: '¢', larr: '←', rarr: '→',
    uarr: '↑', darr: '↓', harr: '↔', infin: '∞', ne: '≠', le: '≤', ge: '≥', asymp: '≈', iexcl: '¡', iquest: '¿',
    agrave: 'à', aacute: 'á', acirc: 'â', atilde: 'ã', auml: 'ä', aring: 'å', aelig: 'æ', ccedil: 'ç', egrave: 'è',
    eacute: 'é', ecirc: 'ê', euml: 'ë', igrave: 'ì', iacute: 'í', icirc: 'î', iuml: 'ï', ntilde: 'ñ', ograve: 'ò',
    oacute: 'ó', ocirc: 'ô', otilde: 'õ', ouml: 'ö', oslash: 'ø', oelig: 'œ', szlig: 'ß', ugrave: 'ù', uacute: 'ú',
    ucirc: 'û', uuml: 'ü', yacute: 'ý', yuml: 'ÿ', Agrave: 'À', Aacute: 'Á', Acirc: 'Â', Atilde: 'Ã', Auml: 'Ä',
    Aring: 'Å', AElig: 'Æ', Ccedil: 'Ç', Egrave: 'È', Eacute: 'É', Ecirc: 'Ê', Euml: 'Ë', Iacute: 'Í', Icirc: 'Î',
    Ntilde: 'Ñ', Oacute: 'Ó', Ocirc: 'Ô', Ouml: 'Ö', Oslash: 'Ø', OElig: 'Œ', Uacute: 'Ú', Ucirc: 'Û', Uuml: 'Ü',
};
const ENTITY = /&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([A-Za-z][A-Za-z0-9]{1,31}));/y;
const BACKSLASH_OR_ENTITY = /\\([!-/:-@[-`{-~])|&(?:#[xX][0-9a-fA-F]{1,6}|#[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});/g;

const REPLACEMENTS = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHTML(text) {
    return text.replace(/[&<>"]/g, (character) => REPLACEMENTS[character]);
}

/** The character reference at `position`: its length in the text and the characters it stands for. */
function readEntity(text, position) {
    ENTITY.lastIndex = position;
    const match = ENTITY.exec(text);
    if (!match) return undefined;
    const [whole, hexadecimal, decimal, name] = match;
    if (name !== undefined) {
        return Object.hasOwn(ENTITIES, name) ? { length: whole.length, characters: ENTITIES[name] } : undefined;
    }
    const point = hexadecimal === undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hexadecimal, 16);
    const isCharacter = point > 0 && point <= 0x10FFFF && !(point >= 0xD800 && point <= 0xDFFF);
    return { length: whole.length, characters: isCharacter ? String.fromCodePoint(point) : '\uFFFD' };
}

/** Resolves backslash escapes and character references, as in addresses, titles and info strings. */
function unescapeText(text) {
    return text.replace(BACKSLASH_OR_ENTITY, (whole, character) => character ?? readEntity(whole, 0)?.characters ?? whole);
}

/** An address as an attribute value; empty when its scheme could run code or read local files. */
function safeURL(address) {
    const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(address);
    if (scheme && !SCHEMES.has(scheme[1].toLowerCase())) return '';
    const encoded = address.replace(/%(?![0-9A-Fa-f]{2})|[^%!#$&'()*+,\-./0-9:;=?@A-Z_a-z~]+/gu,
        (part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\uFFFD')));
    return escapeHTML(encoded);
}

module.exports = { escapeHTML, readEntity, unescapeText, safeURL };
