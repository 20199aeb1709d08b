'use strict';
// Ids: `uprof_01` and a UUIDv7 in 22 digits of base62.

const { randomUUID } = require('node:crypto');

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM = /^uprof_01[0-9A-Za-z]{22}$/;

exports.newUuid = (now) => {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
};

exports.write = (uuid) => {
  const number = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  let digits = '';
  for (let digit = 0; digit < 22; digit += 1) {
    let rest = 0;
    for (let byte = 0; byte < 16; byte += 1) {
      const value = rest * 256 + number[byte];
      number[byte] = Math.floor(value / 62);
      rest = value % 62;
    }
    digits = ALPHABET[rest] + digits;
  }
  return `uprof_01${digits}`;
};

// The UUID, or undefined if the text is not an id.
exports.read = (id) => {
  if (!FORM.test(id)) return undefined;
  const number = Buffer.alloc(17);
  for (const digit of id.slice(8)) {
    let carry = ALPHABET.indexOf(digit);
    for (let byte = 16; byte >= 0; byte -= 1) {
      carry += number[byte] * 62;
      number[byte] = carry & 255;
      carry >>= 8;
    }
  }
  const hex = number.toString('hex', 1);
  if (number[0] !== 0) return undefined;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
