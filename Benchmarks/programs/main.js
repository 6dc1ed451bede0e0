'use strict';

exports.handler = (endpoint, payload) => ({ bytes: payload.text.length });
